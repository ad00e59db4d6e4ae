//! A list of choices below a field that keeps the focus: arrow keys mark one of them, which the field names as its active descendant.

use yew::prelude::*;

/// The choices that a field offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// How many; none while it is closed.
    pub count: usize,
    /// The one that is marked.
    pub chosen: Option<usize>,
}

impl List {
    /// The one below the marked one, or the first again; the first of all, if none is.
    pub fn below(self) -> usize {
        self.chosen.map_or(0, |chosen| (chosen + 1) % self.count.max(1))
    }

    /// The one above the marked one, or the last again; the last of all, if none is.
    pub const fn above(self) -> usize {
        match self.chosen {
            Some(chosen) if chosen > 0 => chosen - 1,
            _ => self.count.saturating_sub(1),
        }
    }
}

/// The list as it is drawn.
pub struct Listbox<'a> {
    /// Its id, for the field that controls it.
    pub id: &'static str,
    /// Its name.
    pub label: &'static str,
    /// Its class.
    pub class: Option<&'static str>,
    /// The choices.
    pub rows: Vec<Html>,
    /// The one that is marked.
    pub chosen: Option<usize>,
    /// One was clicked.
    pub on_take: &'a Callback<usize>,
}

impl Listbox<'_> {
    /// Draws it. A press on it leaves the focus in the field.
    pub fn draw(self) -> Html {
        let keep_focus = Callback::from(|event: MouseEvent| event.prevent_default());
        let row = |(place, row): (usize, Html)| {
            let onclick = self.on_take.reform(move |_: MouseEvent| place);
            html! {
                <li key={place} id={option_id(self.id, place)} role="option" aria-selected={(Some(place) == self.chosen).to_string()}
                    onmousedown={keep_focus.clone()} {onclick}>{row}</li>
            }
        };
        html! {
            <ul id={self.id} class={self.class} role="listbox" aria-label={self.label}>
                {self.rows.into_iter().enumerate().map(row).collect::<Html>()}
            </ul>
        }
    }
}

/// The id of a choice.
pub fn option_id(list: &str, place: usize) -> String {
    format!("{list}-{place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_round_and_an_empty_one_stays() {
        let at = |count, chosen| List { count, chosen };
        assert_eq!((at(3, Some(2)).below(), at(3, Some(0)).above()), (0, 2));
        assert_eq!((at(3, None).below(), at(3, None).above()), (0, 2));
        assert_eq!((at(0, Some(0)).below(), at(0, Some(0)).above()), (0, 0));
    }
}
