use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// A map whose entries live for a fixed time, and of which the oldest gives way when it is full.
pub(crate) struct Expiring<V> {
    life: Duration,
    capacity: usize,
    entries: HashMap<String, (Instant, V)>,
    /// Keys as they came; one stays here after its entry was removed, until it is the oldest.
    order: VecDeque<(Instant, String)>,
}

impl<V> Expiring<V> {
    pub(crate) fn new(life: Duration, capacity: usize) -> Self {
        Self { life, capacity, entries: HashMap::new(), order: VecDeque::new() }
    }

    pub(crate) fn insert(&mut self, key: String, value: V) {
        self.insert_at(key, value, Instant::now());
    }

    pub(crate) fn get(&self, key: &str) -> Option<&V> {
        self.get_at(key, Instant::now())
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        let now = Instant::now();
        self.entries
            .get_mut(key)
            .filter(|(born, _)| now < *born + self.life)
            .map(|(_, value)| value)
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<V> {
        let now = Instant::now();
        self.entries.remove(key).filter(|(born, _)| now < *born + self.life).map(|(_, value)| value)
    }

    fn get_at(&self, key: &str, now: Instant) -> Option<&V> {
        self.entries.get(key).filter(|(born, _)| now < *born + self.life).map(|(_, value)| value)
    }

    fn insert_at(&mut self, key: String, value: V, now: Instant) {
        while let Some((born, _)) = self.order.front()
            && (self.order.len() >= self.capacity || now >= *born + self.life)
        {
            let (_, key) = self.order.pop_front().expect("there is a front");
            self.entries.remove(&key);
        }
        self.order.push_back((now, key.clone()));
        self.entries.insert(key, (now, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(60);

    #[test]
    fn an_entry_is_gone_when_its_time_is_over() {
        let start = Instant::now();
        let mut it = Expiring::new(LIFE, 10);
        it.insert_at("a".into(), 1, start);
        assert_eq!(it.get_at("a", start + LIFE - Duration::from_millis(1)), Some(&1));
        assert_eq!(it.get_at("a", start + LIFE), None);
        it.insert_at("b".into(), 2, start + LIFE);
        assert_eq!((it.entries.len(), it.order.len()), (1, 1));
    }

    #[test]
    fn the_oldest_gives_way_and_removed_keys_do_not_pile_up() {
        let mut it = Expiring::new(LIFE, 3);
        for number in 0..100 {
            it.insert(number.to_string(), number);
            if number % 2 == 0 {
                assert_eq!(it.remove(&number.to_string()), Some(number));
            }
            assert!(it.order.len() <= 3 && it.entries.len() <= 3);
        }
        assert_eq!((it.get("99"), it.get("97"), it.get("95")), (Some(&99), Some(&97), None));
    }
}
