//! A list of choices below a field that keeps the focus: arrow keys mark one of them, which the field names as its active descendant.

use yew::prelude::*;

/// The choices that a field offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// Number of choices; 0 while the list is closed.
    pub count: usize,
    /// Place of the marked choice, from 0.
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

/// The list of choices, as it is to be drawn.
pub struct Listbox<'a> {
    /// Its id, for the field that controls it.
    pub id: &'static str,
    /// Name of the list, for screen readers.
    pub label: &'static str,
    /// Class of the list, if it has one of its own.
    pub class: Option<&'static str>,
    /// What each choice shows, in order.
    pub rows: Vec<Html>,
    /// Place of the marked choice, from 0.
    pub chosen: Option<usize>,
    /// Called with the place of the choice that was clicked.
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

/// Id of one choice in the page.
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
