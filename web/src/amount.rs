//! Amounts as people write and read them. Integers only: µTNG in, µTNG out, never a float.

use thiserror::Error;

/// µTNG in one TNG, the coin.
const MICRO_PER_COIN: u64 = 1_000_000;
/// Most decimals that an amount can have: those of one µTNG.
const MAX_DECIMALS: usize = 6;
/// Decimals that are always shown.
const MIN_DECIMALS: usize = 2;
/// Name of the coin, behind every amount.
const UNIT: &str = "TNG";
/// Digits between two marks of thousands.
const GROUP: usize = 3;
/// Stands between thousands.
const THIN_SPACE: char = '\u{2009}';

/// Why a text is refused as an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AmountError {
    /// The field is empty.
    #[error("Write an amount.")]
    Empty,
    /// Something else than digits and one decimal point.
    #[error("Write an amount such as 12.50, with no mark between thousands.")]
    NotANumber,
    /// One mark with three digits behind it: thousands to some, decimals to others.
    #[error("Is that {} or {}? Write {} or {}.", tng(*.thousands_micro), tng(*.decimal_micro), plain(*.thousands_micro), plain(*.decimal_micro))]
    Ambiguous {
        /// If the mark stands between thousands, in µTNG.
        thousands_micro: u64,
        /// If it stands before the decimals, in µTNG.
        decimal_micro: u64,
    },
    /// More than six decimals.
    #[error("The smallest part of a coin is 0.000001 TNG: six decimals.")]
    TooFine,
    /// More than 64 bits of µTNG can hold.
    #[error("That is more than all coins there are.")]
    TooLarge,
}

/// `micro` as `1 234.50`: thin spaces between thousands, two to six decimals. Three decimals behind a whole coin get a zero more, since
/// many people would read `1.234` as a thousand.
pub fn coins(micro: u64) -> String {
    format!("{}.{}", thousands(micro / MICRO_PER_COIN), decimals(micro))
}

/// As [`coins`], with no spaces: what a person can type.
pub fn plain(micro: u64) -> String {
    format!("{}.{}", micro / MICRO_PER_COIN, decimals(micro))
}

fn decimals(micro: u64) -> String {
    let decimals = format!("{:06}", micro % MICRO_PER_COIN);
    let kept = decimals.trim_end_matches('0').len().max(MIN_DECIMALS);
    let looks_like_thousands = kept == GROUP && micro >= MICRO_PER_COIN;
    let kept = kept + usize::from(looks_like_thousands);
    decimals.get(..kept).unwrap_or(&decimals).to_owned()
}

/// `micro` with the unit: `1 234.50 TNG`.
pub fn tng(micro: u64) -> String {
    format!("{} {UNIT}", coins(micro))
}

/// A count with thin spaces between thousands.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(THIN_SPACE);
        }
        text.push(digit);
    }
    text
}

/// Parts per million as percent with two decimals.
pub fn share(ppm: u32) -> String {
    format!("{}.{:02} %", ppm / 10_000, ppm % 10_000 / 100)
}

/// Reads what [`coins`] writes and what people write: spaces between thousands, point or comma before the decimals, the unit behind.
/// What may mean two amounts is refused, with both.
///
/// # Errors
/// [`AmountError`] says what is wrong with it.
pub fn parse(text: &str) -> Result<u64, AmountError> {
    let text = text.trim();
    let text = match text
        .len()
        .checked_sub(UNIT.len())
        .and_then(|start| text.split_at_checked(start))
    {
        Some((amount, unit)) if unit.eq_ignore_ascii_case(UNIT) => amount.trim_end(),
        _ => text,
    };
    if text.is_empty() {
        return Err(AmountError::Empty);
    }
    let (whole, decimals) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let digits = ungrouped(whole).ok_or(AmountError::NotANumber)?;
    if !all_digits(&digits) || !all_digits(decimals) || (digits.is_empty() && decimals.is_empty()) {
        return Err(AmountError::NotANumber);
    }
    let decimal_micro = micro(&digits, decimals)?;
    if decimals.len() == GROUP && (1..=GROUP).contains(&digits.len()) && !digits.starts_with('0') {
        return Err(AmountError::Ambiguous {
            thousands_micro: micro(&format!("{digits}{decimals}"), "")?,
            decimal_micro,
        });
    }
    Ok(decimal_micro)
}

/// Digits without the spaces between thousands; `None` where a space stands elsewhere, since `2 5` is no amount.
fn ungrouped(whole: &str) -> Option<String> {
    let mut groups = whole.split(char::is_whitespace);
    let mut digits = groups.next().unwrap_or_default().to_owned();
    let is_grouped = digits.len() != whole.len();
    if is_grouped && !(1..=GROUP).contains(&digits.len()) {
        return None;
    }
    for group in groups {
        if group.len() != GROUP {
            return None;
        }
        digits.push_str(group);
    }
    Some(digits)
}

fn micro(whole: &str, decimals: &str) -> Result<u64, AmountError> {
    let decimals = decimals.trim_end_matches('0');
    if decimals.len() > MAX_DECIMALS {
        return Err(AmountError::TooFine);
    }
    let number = |text: &str| {
        if text.is_empty() {
            Ok(0)
        } else {
            text.parse::<u64>()
        }
    };
    let whole = number(whole).map_err(|_| AmountError::TooLarge)?;
    let micro = number(&format!("{decimals:0<6}")).map_err(|_| AmountError::TooLarge)?;
    whole
        .checked_mul(MICRO_PER_COIN)
        .and_then(|coins| coins.checked_add(micro))
        .ok_or(AmountError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_two_to_six_decimals_and_thin_spaces() {
        assert_eq!(coins(0), "0.00");
        assert_eq!(coins(12_500_000), "12.50");
        assert_eq!(coins(1), "0.000001");
        assert_eq!(coins(1_234_567_000_100), "1\u{2009}234\u{2009}567.0001");
        assert_eq!(tng(1_000_000_000), "1\u{2009}000.00 TNG");
    }

    #[test]
    fn every_written_amount_is_read_back() {
        let awkward = [
            1_005_000,
            1_234_000,
            12_345_000,
            999_999_000,
            1_234_567_000,
            5_000,
            500_000,
        ];
        for micro in [0, 1, 999_999, 1_000_000, 12_345_678_901, u64::MAX]
            .into_iter()
            .chain(awkward)
        {
            assert_eq!(parse(&tng(micro)), Ok(micro));
            assert_eq!(parse(&plain(micro)), Ok(micro));
        }
    }

    #[test]
    fn comma_and_point_and_spaces_are_understood() {
        assert_eq!(parse(" 1 000,5 "), Ok(1_000_500_000));
        assert_eq!(parse(".25"), Ok(250_000));
        assert_eq!(parse("7."), Ok(7_000_000));
        assert_eq!(parse("0.1000000000"), Ok(100_000));
    }

    #[test]
    fn three_digits_behind_a_mark_may_mean_two_amounts_and_are_asked_about() {
        for text in ["1,000", "1.000", "12.500", "999,999 TNG"] {
            assert!(
                matches!(parse(text), Err(AmountError::Ambiguous { .. })),
                "{text}"
            );
        }
        let asked = parse("1,500").unwrap_err().to_string();
        assert_eq!(
            asked,
            "Is that 1\u{2009}500.00 TNG or 1.50 TNG? Write 1500.00 or 1.50."
        );
        assert_eq!(parse("0.500"), Ok(500_000));
        assert_eq!(parse("1000.500"), Ok(1_000_500_000));
        assert_eq!(parse("1 000.500"), Ok(1_000_500_000));
        assert_eq!(parse("1.0000"), Ok(1_000_000));
        assert_eq!(parse("1,234.50"), Err(AmountError::NotANumber));
    }

    #[test]
    fn a_space_stands_between_thousands_or_it_is_no_amount() {
        assert_eq!(parse("2 000 tng"), Ok(2_000_000_000));
        for text in ["2 5", "1 00", "1000 000", " 2 .5", "1 0000", "2. 5", "5 TNG TNG"] {
            assert_eq!(parse(text), Err(AmountError::NotANumber), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused_with_its_reason() {
        assert_eq!(parse("  "), Err(AmountError::Empty));
        assert_eq!(parse("."), Err(AmountError::NotANumber));
        assert_eq!(parse("-1"), Err(AmountError::NotANumber));
        assert_eq!(parse("1.2.3"), Err(AmountError::NotANumber));
        assert_eq!(parse("1e3"), Err(AmountError::NotANumber));
        assert_eq!(parse("0.0000001"), Err(AmountError::TooFine));
        assert_eq!(parse("99999999999999"), Err(AmountError::TooLarge));
        assert_eq!(parse("99999999999999999999999"), Err(AmountError::TooLarge));
    }

    #[test]
    fn shares_are_percents() {
        assert_eq!(share(1_000_000), "100.00 %");
        assert_eq!(share(253_456), "25.34 %");
        assert_eq!(share(99), "0.00 %");
    }
}
