//! What signing, verifying, drawing, sealing and hashing cost.

use divan::{Bencher, black_box, counter::ItemsCount};
use ting_core::crypto::{
    batch::BatchVerifier,
    hash::{Domain, Hash, merkle_root},
    keys::{NetworkId, PublicKey, SecretKey, Signature},
    seal::RoomSecret,
    vrf::VrfSecretKey,
};

const NETWORK: NetworkId = NetworkId(Hash([5; 32]));
const MESSAGE: [u8; 200] = [7; 200];

fn secret(index: usize) -> SecretKey {
    SecretKey::from_seed(Hash::of(Domain::Content, &[&index.to_le_bytes()]).0)
}

#[divan::bench]
fn sign(bencher: Bencher) {
    let secret = secret(0);
    bencher.bench(|| secret.sign(Domain::Transaction, &NETWORK, black_box(&MESSAGE)));
}

#[divan::bench]
fn parse_public_key(bencher: Bencher) {
    let bytes = *secret(0).public().as_bytes();
    bencher.bench(|| PublicKey::from_bytes(black_box(bytes)));
}

#[divan::bench]
fn verify_one(bencher: Bencher) {
    let secret = secret(0);
    let (key, signature) = (
        secret.public(),
        secret.sign(Domain::Transaction, &NETWORK, &MESSAGE),
    );
    bencher.bench(|| key.verify(Domain::Transaction, &NETWORK, black_box(&MESSAGE), &signature));
}

/// Figures are per batch; items are signatures.
#[divan::bench(args = [16, 64, 256, 500])]
fn verify_batch(bencher: Bencher, count: usize) {
    let signed: Vec<(PublicKey, Signature)> = (0..count)
        .map(secret)
        .map(|secret| {
            (
                secret.public(),
                secret.sign(Domain::Transaction, &NETWORK, &MESSAGE),
            )
        })
        .collect();
    bencher.counter(ItemsCount::new(count)).bench(|| {
        let mut batch = BatchVerifier::new();
        for (key, signature) in &signed {
            batch.push(Domain::Transaction, &NETWORK, key, &MESSAGE, signature);
        }
        batch.verify([9; 32])
    });
}

#[divan::bench]
fn vrf_prove(bencher: Bencher) {
    let secret = VrfSecretKey::from_seed([1; 32]);
    bencher.bench(|| secret.prove(black_box(&[3; 32])));
}

#[divan::bench]
fn vrf_verify(bencher: Bencher) {
    let secret = VrfSecretKey::from_seed([1; 32]);
    let (public, (_, proof)) = (secret.public(), secret.prove(&[3; 32]));
    bencher.bench(|| public.verify(black_box(&[3; 32]), &proof));
}

#[divan::bench(args = [200, 900, 8_000, 200_000])]
fn seal(bencher: Bencher, len: usize) {
    let (key, text) = (RoomSecret::new([1; 32]).room_key(), vec![7; len]);
    bencher.bench(|| key.seal([2; 24], black_box(&text)));
}

#[divan::bench(args = [200, 900, 8_000, 200_000])]
fn open(bencher: Bencher, len: usize) {
    let key = RoomSecret::new([1; 32]).room_key();
    let sealed = key.seal([2; 24], &vec![7; len]).unwrap_or_default();
    bencher.bench(|| key.open(black_box(&sealed)));
}

#[divan::bench(args = [64, 1_000])]
fn hash(bencher: Bencher, len: usize) {
    let bytes = vec![7; len];
    bencher.bench(|| Hash::of(Domain::Content, &[black_box(&bytes)]));
}

#[divan::bench]
fn merkle_root_of_500(bencher: Bencher) {
    let leaves = vec![Hash([3; 32]); 500];
    bencher.bench(|| merkle_root(black_box(&leaves)));
}
