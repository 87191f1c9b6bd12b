//! What to do about an error of the library, in the words of this command line.

use k6_summary::Error;

/// An error with its causes, and behind them what to do about it.
pub(crate) fn with_advice(error: &anyhow::Error) -> String {
    let advice = error.chain().find_map(|it| advice(it.downcast_ref()?));
    let advice = advice.map_or_else(String::new, |it| format!("; {it}"));
    format!("{error:#}{advice}")
}

fn advice(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::NotASummary | Error::Points => "pass what `k6 run --summary-export FILE` wrote",
        Error::NoStart => "k6 has to write its system tag scenario or group",
        Error::HdrSkip => "give --skip where the histogram is made",
        Error::HdrWindow { .. } => "give the same --window",
        Error::NoBucket { .. } => "without --hdr the samples themselves are kept",
        Error::NoRun => "name a metric of them with --metric",
        Error::NotToldApart { .. } => "pass this file before the others; --lenient passes over it",
        // Of a document that breaks off nothing is read.
        Error::Packed { lines: 0, .. } => return None,
        Error::SameFile => "pass it once",
        Error::OtherScript { .. } | Error::Apart { .. } => {
            "only files of one run are brought together, and --lenient does it all the same"
        }
        Error::Line { .. } | Error::Packed { .. } | Error::Redeclared { .. } => {
            "--lenient passes over it"
        }
        _ => return None,
    })
}
