//! What one connection can make a peer do, and what it cannot take away: attacks on real peers, as tests.

mod costs;
mod finality;
mod flood;
mod services;
mod world;
