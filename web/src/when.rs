//! Times as people read them, in the time zone of the browser.

use crate::browser;

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];

/// The time of day: `14:05`.
pub fn clock(time_ms: u64) -> String {
    clock_of(local_ms(time_ms))
}

/// The whole time, for tooltips: `21 November 2026, 14:05:09`.
pub fn exact(time_ms: u64) -> String {
    let local = local_ms(time_ms);
    format!(
        "{}, {}:{:02}",
        date_of(local),
        clock_of(local),
        local / 1_000 % 60
    )
}

/// The number of the local day, for separators.
pub fn day(time_ms: u64) -> u64 {
    local_ms(time_ms) / DAY_MS
}

/// The name of a local day: `Today`, `Yesterday`, `Saturday, 21 November 2026`.
pub fn day_name(day: u64, today: u64) -> String {
    match today.checked_sub(day) {
        Some(0) => "Today".into(),
        Some(1) => "Yesterday".into(),
        _ => format!("{}, {}", weekday_of(day), date_of(day * DAY_MS)),
    }
}

/// How long ago: `just now`, `5 min ago`, `3 h ago`, `21 November 2026`.
pub fn ago(time_ms: u64) -> String {
    let now = browser::now_ms();
    match now.saturating_sub(time_ms) {
        0..MINUTE_MS => "just now".into(),
        passed @ MINUTE_MS..HOUR_MS => format!("{} min ago", passed / MINUTE_MS),
        passed @ HOUR_MS..DAY_MS => format!("{} h ago", passed / HOUR_MS),
        _ => date_of(local_ms(time_ms)),
    }
}

/// A duration in the largest fitting unit: `0.8 s`, `12 s`, `3 min`, `24 h`.
pub fn span(ms: u64) -> String {
    match ms {
        0..10_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        10_000..120_000 => format!("{} s", ms / 1_000),
        120_000..7_200_000 => format!("{} min", ms / MINUTE_MS),
        7_200_000..172_800_000 => format!("{} h", ms / HOUR_MS),
        _ => format!("{} days", ms / DAY_MS),
    }
}

fn local_ms(time_ms: u64) -> u64 {
    let offset_ms = browser::time_zone_offset_minutes(time_ms) * MINUTE_MS.cast_signed();
    time_ms.saturating_add_signed(-offset_ms)
}

fn clock_of(local_ms: u64) -> String {
    format!("{:02}:{:02}", local_ms / HOUR_MS % 24, local_ms / MINUTE_MS % 60)
}

fn weekday_of(day: u64) -> &'static str {
    WEEKDAYS.get((day % 7) as usize).copied().unwrap_or_default()
}

/// The Gregorian date of a time since 1970, by Howard Hinnant's `civil_from_days`.
fn date_of(local_ms: u64) -> String {
    let days = local_ms / DAY_MS + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = (shifted_month + 2) % 12;
    let year = year_of_era + era * 400 + u64::from(month < 2);
    let month_name = MONTHS.get(month as usize).copied().unwrap_or_default();
    format!("{day} {month_name} {year}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOVEMBER_21_2026_14_05: u64 = 1_795_269_900_000;

    #[test]
    fn dates_and_clocks_are_right() {
        assert_eq!(date_of(0), "1 January 1970");
        assert_eq!(date_of(951_782_400_000), "29 February 2000");
        assert_eq!(date_of(NOVEMBER_21_2026_14_05), "21 November 2026");
        assert_eq!(clock_of(NOVEMBER_21_2026_14_05), "14:05");
        assert_eq!(weekday_of(NOVEMBER_21_2026_14_05 / DAY_MS), "Saturday");
    }

    #[test]
    fn a_day_is_called_by_how_long_it_is_past() {
        let day = NOVEMBER_21_2026_14_05 / DAY_MS;
        assert_eq!(day_name(day, day), "Today");
        assert_eq!(day_name(day, day + 1), "Yesterday");
        assert_eq!(day_name(day, day + 2), "Saturday, 21 November 2026");
        assert_eq!(day_name(day + 1, day), "Sunday, 22 November 2026");
    }

    #[test]
    fn spans_take_the_largest_fitting_unit() {
        assert_eq!(span(2_340), "2.3 s");
        assert_eq!(span(45_000), "45 s");
        assert_eq!(span(86_400_000), "24 h");
    }
}
