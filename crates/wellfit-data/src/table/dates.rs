//! Dates and times as seconds, so that samples can be put in order.

/// Days from 1970-01-01 to a day of the Gregorian calendar (before it was used, too). Years
/// are counted from March, so that the leap day is the last; 400 years are 146,097 days.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Seconds from 1970-01-01T00:00 to a date (`2024-05-01`) or a date with time
/// (`2024-05-01T10:20`, `2024-05-01 10:20:30.25`), with `Z` or an offset (`+02:00`) behind
/// it; without either it is taken as UTC. `None` for any other text.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let (year, month, day) =
        (whole(parts.next()?, 4)?, whole(parts.next()?, 2)?, whole(parts.next()?, 2)?);
    let known = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    if parts.next().is_some() || !known {
        return None;
    }
    let midnight = days(year, month, day) * 86_400;
    match time {
        None => Some(midnight as f64),
        Some(time) => Some(midnight as f64 + time_of_day(time)?),
    }
}

fn time_of_day(text: &str) -> Option<f64> {
    let (clock, offset) = match text.find(['Z', 'z', '+', '-']) {
        None => (text, 0),
        Some(at) if matches!(&text[at..], "Z" | "z") => (&text[..at], 0),
        Some(at) => {
            let minutes = clock_minutes(&text[at + 1..])?;
            (&text[..at], if text[at..].starts_with('-') { -minutes } else { minutes })
        }
    };
    let (minutes, seconds) = match clock.match_indices(':').nth(1) {
        None => (clock_minutes(clock)?, 0.0),
        Some((at, _)) => {
            let seconds = &clock[at + 1..];
            let (whole_part, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
            // A leap second is the minute's 61st.
            whole(whole_part, 2).filter(|seconds| *seconds <= 60)?;
            let digits = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
            (clock_minutes(&clock[..at])?, digits.then(|| seconds.parse().ok())??)
        }
    };
    Some((60 * (minutes - offset)) as f64 + seconds)
}

/// `hh:mm`, also `hhmm` and `hh`, in minutes.
fn clock_minutes(text: &str) -> Option<i64> {
    let (hours, minutes) = match (text.split_once(':'), text.len()) {
        (Some((hours, minutes)), _) => (whole(hours, 2)?, whole(minutes, 2)?),
        (None, 2) => (whole(text, 2)?, 0),
        (None, 4) => (whole(text.get(..2)?, 2)?, whole(text.get(2..)?, 2)?),
        _ => return None,
    };
    (hours <= 23 && minutes <= 59).then_some(60 * hours + minutes)
}

/// A whole number of so many digits.
fn whole(text: &str, digits: usize) -> Option<i64> {
    let all = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_become_seconds() {
        for (text, value) in [
            ("1970-01-01", 0.0),
            ("1970-01-02", 86_400.0),
            ("1969-12-31T23:59:59", -1.0),
            ("2000-02-29", 951_782_400.0),
            ("2024-05-01", 1_714_521_600.0),
            ("2024-05-01T10:20:30", 1_714_558_830.0),
            ("2024-05-01T10:20:30Z", 1_714_558_830.0),
            ("2024-05-01 10:20:30.25", 1_714_558_830.25),
            ("2024-05-01T12:20:30+02:00", 1_714_558_830.0),
            ("2024-05-01T05:20:30-0500", 1_714_558_830.0),
            ("2024-05-01T10:20", 1_714_558_800.0),
            ("0001-01-01", -62_135_596_800.0),
        ] {
            assert_eq!(seconds(text), Some(value), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in [
            "",
            "2024",
            "2024-05",
            "2024-13-01",
            "2024-02-30",
            "2023-02-29",
            "01.05.2024",
            "5/1/2024",
            "2024-05-01T",
            "2024-05-01T25:00",
            "2024-05-01T10:60",
            "2024-05-01T10:20:61",
            "2024-05-01T10:20:30.",
            "2024-05-01T10:20:30+",
            "2024-05-01-01",
            "2024-5-1",
            "é024-05-01",
            "2024-05-01T1é:20",
            "yesterday",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_of_a_cycle_follows_the_one_before() {
        let mut last = days(1999, 12, 31);
        for year in 2000..2400 {
            for month in 1..=12 {
                for day in 1..=days_in(year, month) {
                    assert_eq!(days(year, month, day), last + 1);
                    last += 1;
                }
            }
        }
    }
}
