//! Operations on several channels, for generated programs.

use std::time::Duration;

use proptest::prelude::*;
use unsnarl::channel::{self, Receiver, Select, Sender, bounded, unbounded};

/// A channel and whether to send.
type Case = (usize, bool);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Wait,
    Try,
    TimeOut,
    /// Takes the first case that is possible.
    Biased,
    /// One more case is a channel on which a message appears in time.
    OrAfter,
    /// Looks which case is possible, and does not do it.
    Look,
    /// Does something between the choice and its completion.
    Slowly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChannelAction {
    Do(Case),
    Try(Case),
    TimeOut(Case),
    Select(How, Case, Case),
    Len(usize),
    /// Waits for a channel on which a message appears in time.
    After,
}

/// Two channels with room and two without.
pub(super) struct Channels(Vec<(Sender<u32>, Receiver<u32>)>);

const LIMIT: Duration = Duration::from_millis(3);

impl Channels {
    pub(super) fn new() -> Self {
        let channels = Channels(vec![bounded(1), bounded(0), unbounded(), bounded(0)]);
        // One message more, so that not every program deadlocks that receives more than it sends.
        channels.0[2].0.send(5).expect("the receiver is there");
        channels
    }

    pub(super) fn perform(&self, action: ChannelAction, log: &mut Vec<u32>, pause: impl Fn()) {
        let message = 10 + log.len() as u32;
        match action {
            ChannelAction::Do((index, true)) => log.push(u32::from(self.0[index].0.send(message).is_ok())),
            ChannelAction::Do((index, false)) => log.push(self.0[index].1.recv().unwrap_or(1_000)),
            ChannelAction::Try((index, true)) => {
                log.push(u32::from(self.0[index].0.try_send(message).is_ok()))
            }
            ChannelAction::Try((index, false)) => log.push(self.0[index].1.try_recv().unwrap_or(1_000)),
            ChannelAction::TimeOut((index, true)) => {
                log.push(u32::from(self.0[index].0.send_timeout(message, LIMIT).is_ok()));
            }
            ChannelAction::TimeOut((index, false)) => {
                log.push(self.0[index].1.recv_timeout(LIMIT).unwrap_or(1_000));
            }
            ChannelAction::Len(index) => log.push(self.0[index].1.len() as u32),
            ChannelAction::After => {
                let alarm = channel::after(LIMIT);
                log.push(u32::from(alarm.recv().is_ok()));
            }
            ChannelAction::Select(how, first, second) => {
                let alarm = (how == How::OrAfter).then(|| channel::after(LIMIT));
                let mut select = if how == How::Biased { Select::new_biased() } else { Select::new() };
                for (index, sends) in [first, second] {
                    if sends {
                        select.send(&self.0[index].0)
                    } else {
                        select.recv(&self.0[index].1)
                    };
                }
                if let Some(alarm) = &alarm {
                    select.recv(alarm);
                }
                let chosen = match how {
                    How::Look => {
                        log.push(900 + select.ready() as u32);
                        return;
                    }
                    How::Try => select.try_select().ok(),
                    How::TimeOut => select.select_timeout(LIMIT).ok(),
                    _ => Some(select.select()),
                };
                let Some(chosen) = chosen else {
                    log.push(1_001);
                    return;
                };
                if how == How::Slowly {
                    pause();
                }
                let place = chosen.index();
                log.push(100 * (place as u32 + 1));
                match ([first, second].get(place), &alarm) {
                    (Some((index, true)), _) => {
                        log.push(u32::from(chosen.send(&self.0[*index].0, message).is_ok()));
                    }
                    (Some((index, false)), _) => log.push(chosen.recv(&self.0[*index].1).unwrap_or(1_000)),
                    (None, Some(alarm)) => log.push(u32::from(chosen.recv(alarm).is_ok())),
                    (None, None) => unreachable!("there is no third case"),
                }
            }
        }
    }
}

/// Operations on these channels: all kinds, or those that end by themselves, so that no program deadlocks.
pub(super) fn channel_actions(indices: &'static [usize], ends: bool) -> BoxedStrategy<ChannelAction> {
    let case = move || (proptest::sample::select(indices), any::<bool>());
    let select = move |how: Vec<How>| {
        (proptest::sample::select(how), case(), case())
            .prop_map(|(how, first, second)| ChannelAction::Select(how, first, second))
    };
    let len = proptest::sample::select(indices).prop_map(ChannelAction::Len);
    if ends {
        return prop_oneof![
            2 => case().prop_map(ChannelAction::TimeOut),
            2 => case().prop_map(ChannelAction::Try),
            1 => len,
            5 => select(vec![How::Try, How::TimeOut, How::TimeOut, How::OrAfter]),
            1 => Just(ChannelAction::After),
        ]
        .boxed();
    }
    prop_oneof![
        3 => case().prop_map(ChannelAction::Do),
        1 => case().prop_map(ChannelAction::Try),
        1 => len,
        4 => select(vec![How::Wait, How::Wait, How::Try, How::Biased, How::Look, How::Slowly]),
    ]
    .boxed()
}
