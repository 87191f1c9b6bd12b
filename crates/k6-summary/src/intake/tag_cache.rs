//! Tags that were seen before, as the bytes they are written in: those need not be read again.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Beyond these, as in a run with a tag for every request, tags are read each time.
const MOST: usize = 4096;
const MOST_BYTES: usize = 2 << 20;

/// The numbers of the tags seen so far.
#[derive(Debug, Default)]
pub(crate) struct TagCache {
    numbers: HashMap<Box<[u8]>, u32, BuildHasherDefault<Words>>,
    bytes: usize,
    /// All the points of one request have the same tags and mostly follow one another.
    last: (Vec<u8>, u32),
}

impl TagCache {
    /// The number of `tags`; `None` where there is no room to remember them.
    pub(crate) fn number(&mut self, tags: &[u8]) -> Option<u32> {
        if self.last.0 == tags && !tags.is_empty() {
            return Some(self.last.1);
        }
        let number = match self.numbers.get(tags) {
            Some(number) => *number,
            None if self.numbers.len() == MOST || self.bytes + tags.len() > MOST_BYTES => {
                return None;
            }
            None => {
                let number = self.numbers.len() as u32;
                self.numbers.insert(tags.into(), number);
                self.bytes += tags.len();
                number
            }
        };
        self.last.0.clear();
        self.last.0.extend_from_slice(tags);
        self.last.1 = number;
        Some(number)
    }
}

/// A hash that takes eight bytes at a time; the map that it serves is small.
#[derive(Debug, Default)]
struct Words(u64);

impl Words {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for Words {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|it| self.add(u64::from_le_bytes(*it)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.add(u64::from_le_bytes(last));
    }

    fn write_usize(&mut self, number: usize) {
        self.add(number as u64);
    }

    fn finish(&self) -> u64 {
        // The map takes its place from the low bits and its tag from the high ones.
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_tags_have_the_same_number_until_there_is_no_room() {
        let mut cache = TagCache::default();
        let tags = |it: usize| format!(r#"{{"url":"{it}"}}}}"#).into_bytes();
        for it in 0..MOST {
            assert_eq!(cache.number(&tags(it)), Some(it as u32));
        }
        assert_eq!(cache.number(&tags(MOST)), None);
        for it in [0, 0, 7, MOST - 1] {
            assert_eq!(cache.number(&tags(it)), Some(it as u32));
        }
        assert_eq!(TagCache::default().number(&vec![b' '; MOST_BYTES + 1]), None);
    }
}
