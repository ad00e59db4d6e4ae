//! One sort for the whole crate, compiled once, to keep the web app small.
//!
//! The standard library compiles a whole sort for each type that is sorted, some 18 kB of the web app's module each time. Here one sort puts places in
//! order, for whatever stands at them; the module would be larger by a sixth. It compares through a pointer, which is slower for large arrays, of which a
//! peer sorts none.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    mem,
};

/// As [`slice::sort`]: equal items keep their order.
pub fn sort<T: Ord>(items: &mut Vec<T>) {
    put_in_order(items, |one, other| one.cmp(other));
}

/// As [`slice::sort_by_key`]: items of one key keep their order.
pub fn sort_by_key<T, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K) {
    put_in_order(items, |one, other| key(one).cmp(&key(other)));
}

/// As collecting into a set, which sorts: here each item is put where it belongs.
pub fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(items);
    set
}

/// As collecting into a map; of several values of one key the last stays.
pub fn map<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(entries);
    map
}

fn put_in_order<T>(items: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let order = order(
        items.len(),
        &|one, other| match (items.get(one), items.get(other)) {
            (Some(one), Some(other)) => compare(one, other),
            (one, other) => one.is_some().cmp(&other.is_some()),
        },
    );
    let mut taken: Vec<Option<T>> = mem::take(items).into_iter().map(Some).collect();
    items.extend(order.into_iter().filter_map(|place| taken.get_mut(place)?.take()));
}

/// The places of so many items, in their order.
fn order(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|one, other| compare(*one, *other));
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn items_are_sorted_as_the_standard_library_does(mut items: Vec<(u8, u16)>) {
            let mut expected = items.clone();
            expected.sort_by_key(|(key, _)| *key);
            sort_by_key(&mut items, |(key, _)| *key);
            prop_assert_eq!(&items, &expected);

            expected.sort();
            sort(&mut items);
            prop_assert_eq!(items, expected);
        }
    }
}
