//! Names that are suggested to newcomers: "Calm Otter".

const MANNERS: [&str; 64] = [
    "Able", "Amber", "Autumn", "Blithe", "Bold", "Brave", "Bright", "Brisk", "Calm", "Candid", "Cheerful",
    "Clear", "Clever", "Copper", "Coral", "Curious", "Daring", "Eager", "Early", "Easy", "Fair", "Fleet",
    "Frank", "Gentle", "Glad", "Golden", "Grand", "Happy", "Hardy", "Honest", "Humble", "Jolly", "Keen",
    "Kind", "Light", "Lively", "Loyal", "Lucky", "Mellow", "Merry", "Mild", "Misty", "Modest", "Neat",
    "Noble", "Patient", "Placid", "Polite", "Proud", "Quick", "Quiet", "Ready", "Silver", "Sincere", "Snowy",
    "Steady", "Sunny", "Swift", "Tender", "Tidy", "True", "Vivid", "Warm", "Wise",
];
const ANIMALS: [&str; 64] = [
    "Auk", "Badger", "Bear", "Beaver", "Bison", "Bittern", "Curlew", "Deer", "Dipper", "Dove", "Duck",
    "Eagle", "Eider", "Elk", "Falcon", "Ferret", "Finch", "Fox", "Gannet", "Goose", "Grebe", "Gull", "Hare",
    "Hawk", "Heron", "Ibis", "Jay", "Kestrel", "Kite", "Lark", "Linnet", "Loon", "Lynx", "Marten", "Martin",
    "Merlin", "Mink", "Moose", "Newt", "Osprey", "Otter", "Owl", "Petrel", "Pike", "Plover", "Puffin",
    "Quail", "Raven", "Robin", "Salmon", "Seal", "Shrew", "Snipe", "Sparrow", "Stoat", "Stork", "Swan",
    "Swift", "Tern", "Thrush", "Trout", "Vole", "Wagtail", "Wren",
];

/// The name that these random bytes stand for, one of 4,096.
pub fn suggested(random: [u8; 2]) -> String {
    let [first, second] = random;
    let pick =
        |words: &[&'static str; 64], byte: u8| words.get(usize::from(byte % 64)).copied().unwrap_or_default();
    format!("{} {}", pick(&MANNERS, first), pick(&ANIMALS, second))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ting_core::params::MAX_NAME_BYTES;

    use super::*;

    #[test]
    fn every_suggested_name_is_valid_and_no_two_are_alike() {
        let names: BTreeSet<String> = (0..64)
            .flat_map(|first| (0..64).map(move |second| suggested([first, second])))
            .collect();
        assert_eq!(names.len(), 4_096);
        assert!(names.iter().all(|name| name.len() <= MAX_NAME_BYTES));
    }
}
