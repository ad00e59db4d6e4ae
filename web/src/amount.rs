//! Amounts as people write and read them. Integers only: µTNG in, µTNG out, never a float.

use thiserror::Error;

/// µTNG in a TNG.
const MICRO_PER_COIN: u64 = 1_000_000;
/// Decimals of a µTNG.
const MAX_DECIMALS: usize = 6;
/// Decimals that are always shown.
const MIN_DECIMALS: usize = 2;
/// Between thousands.
const THIN_SPACE: char = '\u{2009}';

/// Why text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AmountError {
    /// Nothing was written.
    #[error("Write an amount.")]
    Empty,
    /// Something else than digits and one decimal point.
    #[error("Write an amount such as 12.50.")]
    NotANumber,
    /// More than six decimals.
    #[error("The smallest part of a coin is 0.000001 TNG: six decimals.")]
    TooFine,
    /// More than there can be.
    #[error("That is more than all coins there are.")]
    TooLarge,
}

/// `micro` as `1 234.50`: thin spaces between thousands, two to six decimals.
pub fn coins(micro: u64) -> String {
    let decimals = format!("{:06}", micro % MICRO_PER_COIN);
    let mut kept = decimals.trim_end_matches('0').to_owned();
    while kept.len() < MIN_DECIMALS {
        kept.push('0');
    }
    format!("{}.{kept}", thousands(micro / MICRO_PER_COIN))
}

/// `micro` with the unit: `1 234.50 TNG`.
pub fn tng(micro: u64) -> String {
    format!("{} TNG", coins(micro))
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

/// Reads what [`coins`] writes and what people write: spaces anywhere, point or comma before the decimals, the unit behind.
///
/// # Errors
/// [`AmountError`] says what is wrong with it.
pub fn parse(text: &str) -> Result<u64, AmountError> {
    let text = text.trim();
    let text = text.strip_suffix("TNG").unwrap_or(text);
    let digits: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    if digits.is_empty() {
        return Err(AmountError::Empty);
    }
    let (whole, decimals) = digits.split_once(['.', ',']).unwrap_or((&digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(decimals) || (whole.is_empty() && decimals.is_empty()) {
        return Err(AmountError::NotANumber);
    }
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
        for micro in [0, 1, 999_999, 1_000_000, 12_345_678_901, u64::MAX] {
            assert_eq!(parse(&tng(micro)), Ok(micro));
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
}
