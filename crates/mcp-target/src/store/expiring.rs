use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// A map whose entries live for a fixed time. When it is full the oldest gives way, or nothing comes in.
pub(crate) struct Expiring<V> {
    life: Duration,
    capacity: usize,
    gives_way: bool,
    entries: HashMap<String, (Instant, V)>,
    /// Keys as they came; one stays here after its entry was removed, until it is the oldest.
    order: VecDeque<(Instant, String)>,
}

impl<V> Expiring<V> {
    pub(crate) fn new(life: Duration, capacity: usize) -> Self {
        Self { life, capacity, gives_way: true, entries: HashMap::new(), order: VecDeque::new() }
    }

    /// One that forgets nothing before its time.
    pub(crate) fn lasting(life: Duration, capacity: usize) -> Self {
        Self { gives_way: false, ..Self::new(life, capacity) }
    }

    /// Tells whether there was room.
    pub(crate) fn insert(&mut self, key: String, value: V) -> bool {
        self.insert_at(key, value, Instant::now())
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

    fn insert_at(&mut self, key: String, value: V, now: Instant) -> bool {
        while let Some((born, _)) = self.order.front()
            && (self.gives_way && self.order.len() >= self.capacity || now >= *born + self.life)
        {
            let (born, key) = self.order.pop_front().expect("there is a front");
            // A later entry with the same key has a place of its own.
            if self.entries.get(&key).is_some_and(|(it, _)| *it == born) {
                self.entries.remove(&key);
            }
        }
        let has_room = self.order.len() < self.capacity;
        if has_room {
            self.order.push_back((now, key.clone()));
            self.entries.insert(key, (now, value));
        }
        has_room
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

    #[test]
    fn what_lasts_takes_nothing_in_when_it_is_full_until_something_expires() {
        let start = Instant::now();
        let mut it = Expiring::lasting(LIFE, 2);
        assert!(it.insert_at("a".into(), 1, start));
        assert!(it.insert_at("b".into(), 2, start + LIFE / 2));
        assert!(!it.insert_at("c".into(), 3, start + LIFE / 2));
        assert_eq!(it.get_at("a", start + LIFE / 2), Some(&1));
        assert!(it.insert_at("c".into(), 3, start + LIFE));
    }

    #[test]
    fn an_entry_that_came_again_lives_from_then_on() {
        let start = Instant::now();
        let mut it = Expiring::new(LIFE, 3);
        it.insert_at("a".into(), 1, start);
        it.insert_at("a".into(), 2, start + LIFE / 2);
        it.insert_at("b".into(), 3, start + LIFE);
        assert_eq!(it.get_at("a", start + LIFE), Some(&2));
    }
}
