use super::*;
use crate::gossip::greeting::GreetingError;

#[test]
fn a_greeting_is_believed_if_its_account_signed_it() {
    assert_eq!(hello().verify(), Ok(&hello_content(1, 2)));
    let forged = Hello::sign(hello_content(1, 2), &secret(5));
    assert_eq!(forged.claimed_account(), &secret(1).address());
    assert_eq!(forged.verify(), Err(GreetingError::BadSignature));
}

#[test]
fn a_greeting_without_a_network_can_be_signed() {
    let content = HelloContent {
        network: None,
        genesis: None,
        chain: None,
        ..hello_content(1, 2)
    };
    assert_eq!(Hello::sign(content.clone(), &secret(1)).verify(), Ok(&content));
}

#[test]
fn a_greeting_with_the_genesis_of_another_network_is_not_believed() {
    for network in [Some(NETWORK), None] {
        let content = HelloContent {
            network,
            ..hello_content(1, 2)
        };
        assert_eq!(
            Hello::sign(content, &secret(1)).verify(),
            Err(GreetingError::WrongGenesis)
        );
    }
}

#[test]
fn a_sign_of_life_counts_in_its_own_network_only() {
    assert_eq!(presence().verify(&NETWORK), Ok(&presence_content(1, 2)));
    assert_eq!(
        presence().verify(&NetworkId::default()),
        Err(GreetingError::BadSignature)
    );
}
