//! Files of samples of any layout, plain or packed: NDJSON, CSV, histograms, gzip, zstd.

#![no_main]

use k6_summary::{Points, Query, Source, Summary, open};
use libfuzzer_sys::fuzz_target;
use std::time::Duration;

fuzz_target!(|file: &[u8]| {
    for lenient in [false, true] {
        let mut query = Query::of("http_req_duration");
        query.group_by = vec!["scenario".to_owned()];
        query.window = Some(Duration::from_secs(1));
        query.skip = Duration::from_millis(10);
        query.lenient = lenient;
        query.threads = 1;
        let mut points = Points::new(&query);
        if read(&mut points, file) {
            points.distributions(&[0.0, 50.0, 99.9, 100.0]);
        }
        let mut points = Points::of_run(&query);
        if read(&mut points, file) {
            let _: Summary = points.summary();
        }
        (query.metric, query.window, query.hdr) = (None, None, true);
        let mut points = Points::new(&query);
        if read(&mut points, file) {
            // What is written is read again as the same.
            let lines = points.histograms_ndjson();
            let before = points.distributions(&[50.0, 95.0]);
            let mut query = Query::default();
            (query.hdr, query.group_by) = (true, vec!["scenario".to_owned()]);
            let mut again = Points::new(&query);
            if !lines.is_empty() && read(&mut again, lines.as_bytes()) {
                assert_eq!(again.distributions(&[50.0, 95.0]), before);
            }
        }
    }
});

fn read(points: &mut Points, file: &[u8]) -> bool {
    match open(file) {
        Ok(Source::Points(stream)) => points.read(stream).is_ok(),
        _ => false,
    }
}
