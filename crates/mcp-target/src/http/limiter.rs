//! A bucket of tokens for each IP address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

/// Addresses that are remembered; on loopback there are few.
const REMEMBERED: usize = 10_000;

/// Who may ask how often: a minute's worth at once, and then as fast as the bucket fills again.
#[derive(Debug)]
pub(crate) struct Limiter {
    /// In which one token comes back.
    interval: Duration,
    /// In which an empty bucket is full.
    whole: Duration,
    /// When the bucket of an address will be full again; without an entry it is.
    full: Mutex<HashMap<IpAddr, Instant>>,
}

impl Limiter {
    pub(crate) fn per_minute(count: NonZeroU32) -> Self {
        let interval = Duration::from_secs(60) / count.get();
        Self { interval, whole: interval * count.get(), full: Mutex::default() }
    }

    /// Takes a token of `address`, or says how long there will be none.
    pub(crate) fn take(&self, address: IpAddr) -> Result<(), Duration> {
        let now = Instant::now();
        let mut full = self.full.lock().expect("no one panics holding the lock");
        if full.len() >= REMEMBERED {
            full.retain(|_, it| *it > now);
        }
        if full.len() >= REMEMBERED {
            full.clear();
        }
        let then = full.get(&address).map_or(now, |it| now.max(*it)) + self.interval;
        match then.saturating_duration_since(now + self.whole) {
            Duration::ZERO => {
                full.insert(address, then);
                Ok(())
            }
            missing => Err(missing),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn limiter(count: u32) -> Limiter {
        Limiter::per_minute(NonZeroU32::new(count).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_empties_and_fills_again() {
        for count in [1, 7, 60, 1000] {
            let (it, address) = (limiter(count), IpAddr::from([127, 0, 0, 1]));
            for _ in 0..count {
                assert_eq!(it.take(address), Ok(()), "{count}");
            }
            let wait = it.take(address).unwrap_err();
            assert_eq!(wait, Duration::from_secs(60) / count);
            // Having been refused costs nothing.
            assert_eq!(it.take(address), Err(wait));
            assert_eq!(it.take(IpAddr::from([127, 0, 0, 2])), Ok(()));
            advance(wait + Duration::from_millis(1)).await;
            assert_eq!(it.take(address), Ok(()));
            assert!(it.take(address).is_err());
            advance(Duration::from_secs(61)).await;
            for _ in 0..count {
                assert_eq!(it.take(address), Ok(()), "{count}");
            }
            assert!(it.take(address).is_err());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_number_of_addresses_fills_the_memory() {
        let it = limiter(1);
        for number in 0..3 * REMEMBERED as u32 {
            let _ = it.take(IpAddr::from(number.to_be_bytes()));
            assert!(it.full.lock().unwrap().len() <= REMEMBERED);
        }
        advance(Duration::from_secs(61)).await;
        let _ = it.take(IpAddr::from([127, 0, 0, 1]));
    }
}
