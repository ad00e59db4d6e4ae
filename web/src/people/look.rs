//! What a name looks like, in few letters: names that fold to one look may be taken for one another.
//!
//! In the spirit of the skeletons of Unicode's report 39, with a small table in place of its 6,000 rows. One look have: either case; a
//! letter with and without its marks; full width, mathematical, circled and boxed letters (Unicode's compatibility forms, which the
//! browser knows); letters of Greek, Cyrillic, Armenian, Cherokee, Lisu, of the phonetic alphabet, Hebrew and Arabic that are drawn like a
//! Latin one; `0` and `o`; `1`, `l`, `i` and `|`; `rn` and `m`; `vv` and `w`; Katakana and the Han signs of the same strokes; dashes,
//! apostrophes, and dots at mid-height. Not covered: Han signs that resemble one another, scripts of South Asia, and what differs in
//! letters but not in sound. To fold too much costs little: both names show their address.

use ting_core::codec::letters::{is_invisible, is_mark};

/// The letters of the right column are drawn like the text on their left. Lower case stands in for upper case.
const LIKENESSES: [(&str, &str); 43] = [
    ("a", "ɑαАᴀꭺᎪꓮ⍺а"),
    ("b", "βВьᏏᏴʙꓐƄßƅвᏼᲀꮟ"),
    ("c", "сϲᴄᏟꓚꮯ"),
    ("d", "đԁᎠᏧᴅꓓɗðꭰꮷ"),
    ("e", "еΕɛᎬᴇꓰ℮ҽəǝεꭼ"),
    ("f", "ƒϝꓝꜰғ"),
    ("g", "ɡԍᏀᏳɢꓖցᏻꮐ"),
    ("h", "һнΗᎻᏂʜꓧհħꮋꮒ"),
    ("j", "јϳᎫᴊꓙյꭻ"),
    ("k", "кΚᏦᴋꓗқκꮶ"),
    ("l", "ıɪιіӏꭵꮖꮮІӀᎥᏆꓲǀ│∣łʟᏞꓡɩ\u{5d5}\u{5df}\u{627}\u{661}\u{6f1}"),
    ("n", "ոպηΝɴꓠ"),
    ("o", "оΟοσօᴏꓳөθøØ〇○◯೦০\u{5e1}\u{647}\u{665}\u{6f5}"),
    ("p", "рΡρᏢᴘꓑꮲ"),
    ("q", "ԛզգ"),
    ("r", "гᎡᏒʀꓣɾꭱꮢ"),
    ("s", "ѕՏᏕᏚꜱꓢƽտꮥꮪ"),
    ("t", "тΤτᎢᴛꓔŧꭲ"),
    ("u", "υսՍᴜꓴʋμ"),
    ("v", "νѵᏙᴠꓦ∨ꮩ"),
    ("rn", "мΜᎷᴍꓟꮇ"),
    ("vv", "ԝաɯᎳᏔᴡꓪωшꮃꮤ"),
    ("x", "хΧχꓫҳ×"),
    ("y", "уΥγүᎩᎽʏꓬꭹꮍ"),
    ("z", "ΖᏃᴢꓜζꮓ"),
    ("2", "ƨ"),
    ("3", "зӡʒȝ"),
    ("4", "Ꮞꮞ"),
    ("6", "бᏮꮾ"),
    ("ae", "æӕ"),
    ("oe", "œ"),
    ("-", "‐‑‒–—―−ー一─"),
    ("'", "’‘ʼ′`´ʹ"),
    (".", "·•∙・"),
    ("...", "…"),
    ("二", "ニ"),
    ("口", "ロ"),
    ("力", "カ"),
    ("夕", "タ"),
    ("卜", "ト"),
    ("八", "ハ"),
    ("工", "エ"),
    ("へ", "ヘ"),
];

/// The looks of a name as it is written and in lower case. It is given with its letters taken apart into letters and marks.
pub fn looks(apart: &str) -> [String; 2] {
    [look(apart), look(&apart.to_lowercase())]
}

fn look(apart: &str) -> String {
    let mut look = String::with_capacity(apart.len());
    for letter in apart.chars() {
        if !is_mark(letter) && !is_invisible(letter) {
            draw(letter, &mut look);
        }
    }
    look
}

fn draw(letter: char, look: &mut String) {
    let lower = || letter.to_lowercase();
    for form in [letter].into_iter().chain(lower()) {
        if form.is_ascii() {
            return draw_ascii(form.to_ascii_lowercase(), look);
        }
        if let Some((like, _)) = LIKENESSES.iter().find(|(_, letters)| letters.contains(form)) {
            return look.push_str(like);
        }
    }
    match letter_in_box(letter) {
        Some(letter) => draw_ascii(letter, look),
        None => look.extend(lower()),
    }
}

fn draw_ascii(lower: char, look: &mut String) {
    match lower {
        '0' => look.push('o'),
        '1' | 'i' | '|' => look.push('l'),
        'm' => look.push_str("rn"),
        'w' => look.push_str("vv"),
        '`' => look.push('\''),
        other => look.push(other),
    }
}

/// White letters on black discs and squares, and the halves of flags.
fn letter_in_box(letter: char) -> Option<char> {
    let first = match letter {
        '\u{1f150}'..='\u{1f169}' => 0x1f150,
        '\u{1f170}'..='\u{1f189}' => 0x1f170,
        '\u{1f1e6}'..='\u{1f1ff}' => 0x1f1e6,
        _ => return None,
    };
    let place = u8::try_from(u32::from(letter).checked_sub(first)?).ok()?;
    Some(char::from(b'a'.checked_add(place)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are_alike(one: &str, other: &str) -> bool {
        looks(one).iter().any(|look| looks(other).contains(look))
    }

    #[test]
    fn names_that_look_alike_have_one_look() {
        for (one, other) in [
            ("Anna", "anna"),
            ("Anna", "Аnnа"),
            ("ANNA", "ΑΝΝΑ"),
            ("Anna", "ᎪNNᎪ"),
            ("Νίκος", "νίκος"),
            ("Bill", "BiI1"),
            ("Bill", "Вι|ӏ"),
            ("Otto", "0tto"),
            ("Otto", "ՕttՕ"),
            ("Emma", "Ernrna"),
            ("Emma", "Еммa"),
            ("Wim", "vvirn"),
            ("Dora", "ᎠΟRᎪ"),
            ("Sara", "ꓢꓮꓣꓮ"),
            ("A\u{30a}ke", "Ake"),
            ("Jean‑Luc", "Jean-Luc"),
            ("O’Hara", "O'Hara"),
            ("Søs", "sos"),
            ("ニ", "二"),
            ("🅰nna", "Anna"),
            ("Ann👍\u{1f3fd}", "Ann👍"),
        ] {
            assert!(are_alike(one, other), "{one} and {other}");
        }
    }

    #[test]
    fn names_that_look_different_have_different_looks() {
        let names = [
            "Anna",
            "Anne",
            "Ann",
            "Ann Lee",
            "AnnLee",
            "Hanna",
            "Bertil",
            "Carin",
            "David",
            "Иван",
            "Ивана",
            "Νίκη",
            "Δήμητρα",
            "小明",
            "小红",
            "🦊",
            "🦝",
            "אנה",
            "أحمد",
            "Anna2",
            "Anna3",
            "Anna-2",
        ];
        for (place, one) in names.iter().enumerate() {
            for other in names.iter().skip(place + 1) {
                assert!(!are_alike(one, other), "{one} and {other}");
            }
        }
    }

    #[test]
    fn each_letter_is_like_one_text_only() {
        let mut letters: Vec<char> = LIKENESSES
            .iter()
            .flat_map(|(_, letters)| letters.chars())
            .collect();
        let count = letters.len();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), count);
    }
}
