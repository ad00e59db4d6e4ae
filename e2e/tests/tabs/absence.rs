//! Who goes, and how soon those who stay are final without them: tabs closed by their cross, reloaded, crashed, frozen, or cut off.
//!
//! A tab that closes leaves word, so nobody waits for it; of one that goes without a word, the others notice the silence. What is
//! asked here is how long the next message of somebody who stayed takes until it is final, from before it is typed. `TING_TRIES` says how
//! often each way to go is tried.

use std::{
    env,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::json;
use ting_e2e::{CHAIN_PATIENCE, Delivery, Member, PATIENCE, Stage, crowd::wait_for_votes, eventually, scene};

/// Half of all tries are final within so long, where whoever went left word. Asked where there are enough tries to say so: whose turn it is to make the next
/// block is luck, which takes several seconds where few are left.
const SOON: Duration = Duration::from_secs(5);
/// So many tries are enough for that.
const ENOUGH_TRIES: usize = 10;
/// Each try is final within so long: nobody was waited for, which takes a minute.
const NOT_WAITED_FOR: Duration = Duration::from_secs(30);
/// How long a voter has to be silent until finality goes on without it, and the time of a busy machine.
const SILENCE: Duration = Duration::from_secs(60 + 60);

fn tries() -> usize {
    let wanted = env::var("TING_TRIES").ok();
    wanted.and_then(|tries| tries.parse().ok()).unwrap_or(2)
}

/// A room whose seats are voters, each in a tab of one browser; the first founded it. Who went comes back as who it was.
struct Room<'a> {
    stage: &'a Stage,
    seats: Vec<Option<Member>>,
    lines: usize,
}

impl<'a> Room<'a> {
    async fn of(stage: &'a Stage, seats: usize) -> Result<Self> {
        let mut room = Self {
            stage,
            seats: (0..seats).map(|_| None).collect(),
            lines: 0,
        };
        room.fill().await?;
        Ok(room)
    }

    /// Everybody who is away comes back, and waits until every vote counts again.
    async fn fill(&mut self) -> Result<()> {
        for seat in &mut self.seats {
            if seat.is_none() {
                *seat = Some(self.stage.open_member("").await?);
            }
        }
        let count = self.seats.len() as u64;
        let first = self.member(0)?;
        if count > 1 {
            wait_for_votes(first, count).await?;
            first.go("Chat").await?;
        }
        // All that was said before is settled, so it is only the next message that is measured.
        self.seconds_to_final(0).await.map(drop)
    }

    fn member(&self, seat: usize) -> Result<&Member> {
        self.seats
            .get(seat)
            .and_then(Option::as_ref)
            .context("nobody sits there")
    }

    fn take(&mut self, seat: usize) -> Result<Member> {
        let taken = self.seats.get_mut(seat).and_then(Option::take);
        taken.context("nobody sits there")
    }

    async fn close(&mut self, seat: usize) -> Result<()> {
        self.take(seat)?.tab.close().await
    }

    async fn crash(&mut self, seat: usize) -> Result<()> {
        self.take(seat)?.tab.crash().await
    }

    /// Seconds until the next message from this seat is final, the time to type it included.
    async fn seconds_to_final(&mut self, seat: usize) -> Result<f64> {
        self.lines += 1;
        let line = format!("line {:04}", self.lines);
        let start = Instant::now();
        let member = self.member(seat)?;
        member.say(&line).await?;
        member.hears(&line, Delivery::Final, CHAIN_PATIENCE).await?;
        Ok(start.elapsed().as_secs_f64())
    }

    /// Tries one way to go again and again; which seats go in a try, and who speaks then, the way says by the number of the try.
    async fn try_closing(
        &mut self,
        what: &str,
        way: impl Fn(usize) -> (Vec<usize>, usize),
        pause: Duration,
    ) -> Result<()> {
        let mut times_s = Vec::new();
        let before = posted_frames(self.stage).await?;
        for number in 0..tries() {
            let (leaving, speaker) = way(number);
            for (place, seat) in leaving.into_iter().enumerate() {
                if place > 0 {
                    // Not a wait for anything: so far apart they close.
                    tokio::time::sleep(pause).await;
                }
                self.close(seat).await?;
            }
            times_s.push(self.seconds_to_final(speaker).await?);
            self.fill().await?;
        }
        let longest_s = times_s.iter().copied().fold(0.0, f64::max);
        let p50_s = told(what, times_s);
        println!(
            "  who closed left word {} times",
            posted_frames(self.stage).await? - before
        );
        ensure!(
            longest_s < NOT_WAITED_FOR.as_secs_f64(),
            "{what}: {longest_s:.1} s until the next message is final: somebody was waited for"
        );
        ensure!(
            tries() < ENOUGH_TRIES || p50_s < SOON.as_secs_f64(),
            "{what}: {p50_s:.1} s until the next message is final"
        );
        Ok(())
    }
}

impl Room<'_> {
    /// Reloads the tabs of these seats at the same moment, and waits until one can write in them again.
    async fn reload(&self, seats: &[usize]) -> Result<()> {
        for seat in seats {
            let soon = "window.isOld = true; setTimeout(() => location.reload(), 300)";
            self.member(*seat)?.tab.script(soon, vec![]).await?;
        }
        for seat in seats {
            let is_new = "return !window.isOld && document.documentElement.dataset.ready === 'true'";
            let tab = &self.member(*seat)?.tab;
            tab.wait_for_script("the tab to be ready again", is_new, CHAIN_PATIENCE)
                .await?;
        }
        Ok(())
    }

    /// Reloads these seats again and again, and prints the seconds from there until this seat's next message is final.
    async fn try_reloading(&mut self, what: &str, seats: &[usize], speaker: usize) -> Result<()> {
        let mut times_s = Vec::new();
        for _ in 0..tries() {
            let start = Instant::now();
            self.reload(seats).await?;
            self.seconds_to_final(speaker).await?;
            times_s.push(start.elapsed().as_secs_f64());
            self.fill().await?;
        }
        told(what, times_s);
        Ok(())
    }
}

/// Prints the times, and returns the one that half of them do not exceed.
fn told(what: &str, mut times_s: Vec<f64>) -> f64 {
    let each: Vec<String> = times_s.iter().map(|time_s| format!("{time_s:.1}")).collect();
    times_s.sort_by(f64::total_cmp);
    let p50_s = times_s
        .get(times_s.len().saturating_sub(1) / 2)
        .copied()
        .unwrap_or(f64::INFINITY);
    println!(
        "| {what} | n = {} | p50 {p50_s:.1} s | {} |",
        times_s.len(),
        each.join(" ")
    );
    p50_s
}

#[tokio::test]
async fn of_four_two_close_by_their_cross_and_the_next_message_is_final_soon() -> Result<()> {
    scene("two-of-four", async |stage: &mut Stage| {
        let mut room = Room::of(stage, 4).await?;
        let way = |number: usize| (vec![number % 4, (number + 1) % 4], (number + 2) % 4);
        room.try_closing("two of four close", way, Duration::ZERO).await
    })
    .await
}

#[tokio::test]
async fn of_two_either_closes_and_the_next_message_is_final_soon() -> Result<()> {
    scene("one-of-two", async |stage: &mut Stage| {
        let mut room = Room::of(stage, 2).await?;
        let either = |who: usize| move |_| (vec![who], 1 - who);
        room.try_closing("of two the founder closes", either(0), Duration::ZERO)
            .await?;
        room.try_closing("of two the other closes", either(1), Duration::ZERO)
            .await
    })
    .await
}

#[tokio::test]
async fn three_of_four_close_within_ten_seconds_and_the_next_message_is_final_soon() -> Result<()> {
    scene("three-of-four", async |stage: &mut Stage| {
        let mut room = Room::of(stage, 4).await?;
        let way = |number: usize| ((1..4).map(|place| (number + place) % 4).collect(), number % 4);
        room.try_closing("three of four close, 4 s apart", way, Duration::from_secs(4))
            .await?;
        room.try_closing("three of four close at once", way, Duration::ZERO)
            .await
    })
    .await
}

#[tokio::test]
async fn a_tab_marks_for_who_comes_back_that_it_left_word_and_of_the_forgotten_nothing_is_left() -> Result<()>
{
    scene("marks", async |stage: &mut Stage| {
        let mut room = Room::of(stage, 2).await?;
        wait_for_marks(&room, &["held", "held"]).await?;
        room.close(1).await?;
        wait_for_marks(&room, &["held", "left"]).await?;
        eventually("its word at the relay", PATIENCE, async || {
            Ok((posted_frames(stage).await? == 1).then_some(()))
        })
        .await?;
        room.fill().await?;
        wait_for_marks(&room, &["held", "held"]).await?;
        let forgotten = &room.member(1)?.tab;
        forgotten.click("link", "Settings").await?;
        forgotten.click("button", "Forget me").await?;
        forgotten.click("button", "Forget for good").await?;
        wait_for_marks(&room, &["held"]).await?;
        ensure!(posted_frames(stage).await? == 1, "the forgotten one left word");
        Ok(())
    })
    .await
}

/// Waits until the marks of this room's identities, by their slots, are these words.
async fn wait_for_marks(room: &Room<'_>, wanted: &[&str]) -> Result<()> {
    let script = "return Object.keys(localStorage).filter(key => key.startsWith('ting.farewell/')).sort()
                  .map(key => localStorage[key].slice(0, 4))";
    eventually(&format!("the marks {wanted:?}"), CHAIN_PATIENCE, async || {
        let marks = room.member(0)?.tab.script(script, vec![]).await?;
        ensure!(marks == json!(wanted), "they are {marks}");
        Ok(Some(()))
    })
    .await
}

#[tokio::test]
async fn a_lone_tab_that_reloads_is_final_again() -> Result<()> {
    scene("reload-lone", async |stage: &mut Stage| {
        let mut room = Room::of(stage, 1).await?;
        room.try_reloading("a lone tab reloads", &[0], 0).await
    })
    .await
}

#[tokio::test]
async fn of_two_one_or_both_reload_and_they_are_final_again() -> Result<()> {
    scene("reload-two", async |stage: &mut Stage| {
        let mut room = Room::of(stage, 2).await?;
        room.try_reloading("of two the founder reloads, and speaks", &[0], 0)
            .await?;
        room.try_reloading("of two the other reloads, the founder speaks", &[1], 0)
            .await?;
        room.try_reloading("both of two reload at once", &[0, 1], 1).await
    })
    .await
}

#[tokio::test]
async fn who_crashes_is_silent_and_those_who_have_more_than_half_go_on_after_a_while() -> Result<()> {
    scene("crashes", async |stage: &mut Stage| {
        let mut room = Room::of(stage, 5).await?;
        let start = Instant::now();
        room.crash(1).await?;
        room.crash(3).await?;
        room.seconds_to_final(0).await?;
        let after = start.elapsed();
        told("two of five crash", vec![after.as_secs_f64()]);
        ensure!(after < SILENCE, "final only after {after:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_tab_that_freezes_leaves_no_word_at_the_relay_and_votes_again_when_it_thaws() -> Result<()> {
    scene("frozen", async |stage: &mut Stage| {
        let room = Room::of(stage, 3).await?;
        let [stays, freezes] = [room.member(0)?, room.member(1)?];
        freezes.tab.freeze().await?;
        stays
            .wait_for_pulse("the frozen one to be missed", PATIENCE, |pulse| pulse.peers == 1)
            .await?;
        freezes.tab.thaw().await?;
        // The browser hides what it freezes, and a hidden page draws nothing: that it is back, the others tell.
        wait_for_votes(stays, 3).await?;
        ensure!(
            posted_frames(stage).await? == 0,
            "somebody who is here left word that it went"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_tab_without_its_network_is_missed_and_goes_on_when_that_is_back() -> Result<()> {
    scene("cut-off", async |stage: &mut Stage| {
        let stays = stage.open_member("").await?;
        let cable = stage.lay_cable().await?;
        let cut_off = stage.open_member(&format!("?relay={}", cable.url())).await?;
        let peers = async |count| {
            let what = format!("{count} others to be here");
            stays
                .wait_for_pulse(&what, CHAIN_PATIENCE, |pulse| pulse.peers == count)
                .await
        };
        peers(1).await?;
        cable.silence();
        peers(0).await?;
        cable.heal();
        peers(1).await?;
        stays.say("welcome back").await?;
        cut_off
            .hears("welcome back", Delivery::Final, CHAIN_PATIENCE)
            .await?;
        ensure!(
            posted_frames(stage).await? == 0,
            "somebody who is here left word that it went"
        );
        Ok(())
    })
    .await
}

/// Frames that tabs left by POST and that the room heard.
async fn posted_frames(stage: &Stage) -> Result<u64> {
    let name = "ting_relay_posted_frames_total{result=\"handed-on\"} ";
    let mut frames = 0;
    for text in stage.metrics().await? {
        let count = text.lines().find_map(|line| line.strip_prefix(name));
        frames += count.map_or(Ok(0), str::parse::<u64>)?;
    }
    Ok(frames)
}
