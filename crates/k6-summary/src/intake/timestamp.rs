//! The timestamp of a point, as nanoseconds since 1970, out of [RFC 3339] text.
//!
//! [RFC 3339]: https://www.rfc-editor.org/rfc/rfc3339#section-5.6

/// Reads timestamps that mostly lie in the same minute as the one before.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    minute: Option<([u8; 17], i64)>,
}

impl Clock {
    /// Nanoseconds since 1970; `None` where the text is no date and time.
    pub(crate) fn nanos(&mut self, text: &[u8]) -> Option<i64> {
        let (minute, rest) = text.split_first_chunk::<17>()?;
        let minute = match &self.minute {
            Some((known, start)) if known == minute => *start,
            _ => {
                let start = start_of_minute(minute)?;
                self.minute = Some((*minute, start));
                start
            }
        };
        let (second, rest) = rest.split_first_chunk::<2>()?;
        let second = i64::from(two(second)?);
        let (fraction, zone) = match rest.strip_prefix(b".") {
            Some(rest) => {
                let digits = rest.iter().take_while(|it| it.is_ascii_digit()).count();
                (nanos_of(&rest[..digits])?, &rest[digits..])
            }
            None => (0, rest),
        };
        let offset = if zone == b"Z" { 0 } else { offset(zone)? };
        minute.checked_add((second - offset) * 1_000_000_000 + fraction)
    }
}

/// `2026-11-21T17:56:`
fn start_of_minute(text: &[u8; 17]) -> Option<i64> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T' | b't' | b' ', h0, h1, b':', ..] = *text
    else {
        return None;
    };
    let [.., n0, n1, b':'] = *text else { return None };
    let year = i64::from(two(&[y0, y1])?) * 100 + i64::from(two(&[y2, y3])?);
    let (month, day) = (i64::from(two(&[m0, m1])?), i64::from(two(&[d0, d1])?));
    let (hour, minute) = (i64::from(two(&[h0, h1])?), i64::from(two(&[n0, n1])?));
    let fits = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60;
    if !fits {
        return None;
    }
    // Days of the proleptic Gregorian calendar, with years that begin in March.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    (((days * 24 + hour) * 60 + minute) * 60).checked_mul(1_000_000_000)
}

fn two(digits: &[u8; 2]) -> Option<u8> {
    let digit = |it: u8| it.is_ascii_digit().then(|| it - b'0');
    Some(digit(digits[0])? * 10 + digit(digits[1])?)
}

/// One to nine digits behind the point.
fn nanos_of(digits: &[u8]) -> Option<i64> {
    if !(1..=9).contains(&digits.len()) {
        return None;
    }
    let number = digits.iter().fold(0, |sum, it| sum * 10 + i64::from(it - b'0'));
    Some(number * 10_i64.pow(9 - digits.len() as u32))
}

/// Seconds east of Greenwich, of `+02:00`.
fn offset(zone: &[u8]) -> Option<i64> {
    let [sign @ (b'+' | b'-'), h0, h1, b':', m0, m1] = *zone else { return None };
    let seconds = i64::from(two(&[h0, h1])?) * 3600 + i64::from(two(&[m0, m1])?) * 60;
    Some(if sign == b'-' { -seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_read_with_any_number_of_digits_and_any_zone() {
        #[track_caller]
        fn check(text: &str, expected: Option<i64>) {
            assert_eq!(Clock::default().nanos(text.as_bytes()), expected, "{text}");
        }
        check("1970-01-01T00:00:00Z", Some(0));
        check("2026-11-21T17:56:12.389971143Z", Some(1_795_283_772_389_971_143));
        check("2026-11-21T17:56:25.76297843Z", Some(1_795_283_785_762_978_430));
        check("2026-11-21T19:56:12.389971143+02:00", Some(1_795_283_772_389_971_143));
        check("2026-11-21T12:26:12-05:30", Some(1_795_283_772_000_000_000));
        check("2024-02-29T00:00:00Z", Some(1_709_164_800_000_000_000));
        check("2026-13-01T00:00:00Z", None);
        check("2026-11-21T17:56:12.Z", None);
        check("2026-11-21T17:56:12.1234567890Z", None);
        check("2026-11-21T17:56:12", None);
        check("2026-11-21", None);
        check("9999-12-31T23:59:59Z", None);
        check("", None);
    }

    #[test]
    fn the_remembered_minute_is_not_mistaken_for_another() {
        let mut clock = Clock::default();
        let first = clock.nanos(b"2026-11-21T17:56:59.5Z").unwrap();
        let next = clock.nanos(b"2026-11-21T17:57:00.5Z").unwrap();
        assert_eq!(next - first, 1_000_000_000);
        assert_eq!(clock.nanos(b"2026-11-21T17:56:59.5Z"), Some(first));
    }
}
