//! Numbers as people read them: three significant digits, and `—` where nothing was measured.

/// What stands where nothing was measured.
pub(crate) const NONE: &str = "—";

/// What stands behind a figure that is outside its noise band.
pub(crate) const OUTSIDE: &str = "⚠";

/// What stands before a figure that is known nearly.
pub(crate) const NEARLY: &str = "≈";

/// Three significant digits without an exponent; whole numbers keep all theirs.
pub(crate) fn rounded(value: f64) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor();
    if magnitude >= 2.0 {
        return grouped(&format!("{value:.0}"));
    }
    let decimals = (2.0 - magnitude).min(9.0) as usize;
    let text = format!("{value:.decimals$}");
    // 9.996 has become 10.00: one digit more than asked for.
    let digits = text.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
    let leading = digits.iter().take_while(|it| **it == b'0').count();
    if digits.len() - leading > 3 { format!("{value:.*}", decimals - 1) } else { text }
}

/// A figure with its unit behind it, or a number of things, which has no decimals where it is whole.
pub(crate) fn figure(value: f64, has_unit: bool) -> String {
    let is_whole = !has_unit && value.fract() == 0.0 && value.abs() < 1e15;
    if is_whole { grouped(&format!("{:.0}", value + 0.0)) } else { rounded(value) }
}

/// A limit as its author wrote it: no digits added, none lost.
pub(crate) fn limit(value: f64) -> String {
    let text = format!("{value}");
    if value.abs() >= 1000.0 && value.fract() == 0.0 { grouped(&text) } else { text }
}

pub(crate) fn or_none(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), rounded)
}

/// With `~` before a figure that stands on too few samples.
pub(crate) fn measured(figure: Option<f64>, few_samples: bool) -> String {
    let few = if few_samples && figure.is_some_and(f64::is_finite) { "~" } else { "" };
    format!("{few}{}", or_none(figure))
}

/// `1 run`, `2 runs`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", count(number as u64), if number == 1 { "" } else { "s" })
}

pub(crate) fn count(value: u64) -> String {
    grouped(&value.to_string())
}

/// A share of 0 to 1.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.01 {
        return "<0.01 %".to_owned();
    }
    let decimals = match percent.abs() {
        it if it >= 99.95 || it == 0.0 => 0,
        it if it >= 0.995 => 1,
        _ => 2,
    };
    let text = format!("{percent:.decimals$}");
    let text = if decimals > 0 {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    };
    format!("{text} %")
}

/// How much more (`+12 %`, `×15.2`) or less (`−8 %`) than before: `ratio` is now divided by then.
pub(crate) fn change(ratio: f64) -> String {
    let percent = (ratio - 1.0) * 100.0;
    let size = percent.abs();
    if !size.is_finite() {
        return NONE.to_owned();
    }
    if ratio >= 10.0 {
        return format!("×{}", rounded(ratio));
    }
    let sign = match size.round() {
        0.0 => "±",
        _ if percent > 0.0 => "+",
        _ => "−",
    };
    format!("{sign}{size:.0} %")
}

/// `2026-11-21T11:02:03Z` as `2026-11-21 11:02:03 UTC`.
pub(crate) fn time(started: &str) -> String {
    match started.strip_suffix('Z').and_then(|it| it.split_once('T')) {
        Some((date, time)) => format!("{date} {time} UTC"),
        None => started.to_owned(),
    }
}

/// `1234567` as `1,234,567`.
fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |it| ("−", it));
    let mut text = String::from(sign);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_numbers_have_three_significant_digits() {
        for (value, expected) in [
            (0.0, "0"),
            (0.004_567, "0.00457"),
            (0.999_6, "1.00"),
            (1.0, "1.00"),
            (4.4, "4.40"),
            (9.996, "10.0"),
            (12.345, "12.3"),
            (99.96, "100"),
            (123.4, "123"),
            (12_345.6, "12,346"),
            (-1234.0, "−1,234"),
            (f64::NAN, "—"),
        ] {
            assert_eq!(rounded(value), expected, "{value}");
        }
    }

    #[test]
    fn numbers_of_things_are_whole() {
        for (value, has_unit, expected) in [
            (3.0, false, "3"),
            (3.0, true, "3.00"),
            (0.5, false, "0.500"),
            (0.0, false, "0"),
            (-12_345.0, false, "−12,345"),
            (f64::INFINITY, false, "—"),
        ] {
            assert_eq!(figure(value, has_unit), expected, "{value}");
        }
    }

    #[test]
    fn limits_are_as_their_author_wrote_them() {
        for (value, expected) in [(0.05, "0.05"), (500.0, "500"), (15000.0, "15,000"), (1.5, "1.5")]
        {
            assert_eq!(limit(value), expected);
        }
    }

    #[test]
    fn a_small_share_is_never_rounded_to_none() {
        for (share, expected) in [
            (0.0, "0 %"),
            (0.000_01, "<0.01 %"),
            (0.000_16, "0.02 %"),
            (0.016, "1.6 %"),
            (0.05, "5 %"),
            (0.502, "50.2 %"),
            (1.0, "100 %"),
        ] {
            assert_eq!(percent(share), expected);
        }
    }

    #[test]
    fn changes_carry_their_sign() {
        for (ratio, expected) in
            [(1.0, "±0 %"), (1.004, "±0 %"), (1.41, "+41 %"), (0.52, "−48 %"), (15.2, "×15.2")]
        {
            assert_eq!(change(ratio), expected);
        }
    }
}
