//! Waiting for an instant to the microsecond. The runtime's own timer has steps of a millisecond: a fast sender's frames
//! would leave in bunches, and a bunch costs a server less than the same frames one by one.

use std::{
    io,
    time::{Duration, Instant},
};

#[cfg(not(target_os = "linux"))]
use coarse::Timer;
#[cfg(target_os = "linux")]
use fine::Timer;

/// A timer that is used again and again.
pub struct Pacer(Timer);

impl Pacer {
    /// Makes a timer of the running runtime.
    pub fn new() -> io::Result<Self> {
        Timer::new().map(Self)
    }

    /// Waits until this instant; when it is past, lets the others run and goes on.
    pub async fn wait_until(&self, due: Instant) -> io::Result<()> {
        let left = due.saturating_duration_since(Instant::now());
        if left == Duration::ZERO {
            // A sender that is late never stops on its own: let the readers in.
            tokio::task::yield_now().await;
            return Ok(());
        }
        self.0.sleep(left).await
    }
}

/// The kernel's timer, as a file that becomes readable.
#[cfg(target_os = "linux")]
mod fine {
    use std::{io, os::fd::OwnedFd, time::Duration};

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::unix::AsyncFd;

    pub(super) struct Timer(AsyncFd<OwnedFd>);

    impl Timer {
        pub(super) fn new() -> io::Result<Self> {
            let timer = timerfd_create(
                TimerfdClockId::Monotonic,
                TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
            )?;
            #[expect(
                deprecated,
                reason = "sound for an OwnedFd, which never changes its descriptor; its successor needs an unsafe block"
            )]
            AsyncFd::new(timer).map(Self)
        }

        pub(super) async fn sleep(&self, time: Duration) -> io::Result<()> {
            let once = Itimerspec {
                it_interval: Timespec::default(),
                it_value: Timespec::try_from(time).map_err(io::Error::other)?,
            };
            timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
            loop {
                let mut guard = self.0.readable().await?;
                let mut expirations = [0; 8];
                let read = guard.try_io(|timer| Ok(rustix::io::read(timer, &mut expirations)?));
                if let Ok(read) = read {
                    return read.map(drop);
                }
            }
        }
    }
}

/// The runtime's timer, where there is no other.
#[cfg(not(target_os = "linux"))]
mod coarse {
    use std::{io, time::Duration};

    pub(super) struct Timer;

    impl Timer {
        pub(super) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) async fn sleep(&self, time: Duration) -> io::Result<()> {
            tokio::time::sleep(time).await;
            Ok(())
        }
    }
}
