//! Files of samples of any layout, plain or packed: NDJSON, CSV, histograms, gzip, zstd.

#![no_main]

use k6_summary::{Points, Query, Source, Summary, open};
use libfuzzer_sys::fuzz_target;
use std::time::Duration;

fuzz_target!(|file: &[u8]| {
    for lenient in [false, true] {
        let asked = Query {
            metric: Some("http_req_duration".to_owned()),
            group_by: vec!["scenario".to_owned()],
            window: Some(Duration::from_secs(1)),
            skip: Duration::from_millis(10),
            lenient,
            threads: 1,
            ..Query::default()
        };
        let mut points = Points::new(&asked);
        if read(&mut points, file) {
            points.distributions(&[0.0, 50.0, 99.9, 100.0]);
        }
        let mut points = Points::of_run(&asked);
        if read(&mut points, file) {
            let _: Summary = points.summary();
        }
        let mut points = Points::new(&Query { hdr: true, metric: None, window: None, ..asked });
        if read(&mut points, file) {
            // What is written is read again as the same.
            let lines = points.histograms_ndjson();
            let before = points.distributions(&[50.0, 95.0]);
            let mut again = Points::new(&Query {
                hdr: true,
                group_by: vec!["scenario".to_owned()],
                ..Query::default()
            });
            if !lines.is_empty() && read(&mut again, lines.as_bytes()) {
                assert_eq!(again.distributions(&[50.0, 95.0]), before);
            }
        }
    }
});

fn read(points: &mut Points, file: &[u8]) -> bool {
    match open(file) {
        Ok(Source::Samples(samples)) => points.read(samples).is_ok(),
        _ => false,
    }
}
