//! Many runs at the same time, each on its own thread.

use std::{
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

/// Does all of these jobs, so many at the same time (all cores if not said), and gives each result to `heed` as it comes.
pub fn run_all<'a, J: Sync, R: Send>(
    jobs: &'a [J],
    threads: Option<usize>,
    work: impl Fn(&'a J) -> R + Sync,
    mut heed: impl FnMut(R),
) {
    let threads = threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (next, work, sender) = (&next, &work, sender.clone());
            scope.spawn(move || {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if sender.send(work(job)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        receiver.into_iter().for_each(&mut heed);
    });
}
