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

/// The ends of two channels with room and two without: those that a thread uses, so that channels close.
pub(super) struct Channels(Vec<(Option<Sender<u32>>, Option<Receiver<u32>>)>);

const LIMIT: Duration = Duration::from_millis(3);

impl Channels {
    pub(super) fn new() -> Self {
        let all = [bounded(1), bounded(0), unbounded(), bounded(0)];
        Channels(all.into_iter().map(|(sender, receiver)| (Some(sender), Some(receiver))).collect())
    }

    /// The ends that one thread uses, of all ends.
    pub(super) fn used_by(&self, actions: &[ChannelAction]) -> Self {
        let uses = |case: Case| {
            actions.iter().any(|action| match *action {
                ChannelAction::Do(own) | ChannelAction::Try(own) | ChannelAction::TimeOut(own) => own == case,
                ChannelAction::Select(_, first, second) => first == case || second == case,
                ChannelAction::Len(index) => case == (index, false),
                ChannelAction::After => false,
            })
        };
        let ends = self.0.iter().enumerate().map(|(index, (sender, receiver))| {
            let sender = sender.as_ref().filter(|_| uses((index, true)));
            let receiver = receiver.as_ref().filter(|_| uses((index, false)));
            (sender.cloned(), receiver.cloned())
        });
        Channels(ends.collect())
    }

    fn sender(&self, index: usize) -> &Sender<u32> {
        self.0[index].0.as_ref().expect("the thread has the ends that it uses")
    }

    fn receiver(&self, index: usize) -> &Receiver<u32> {
        self.0[index].1.as_ref().expect("the thread has the ends that it uses")
    }

    pub(super) fn perform(&self, action: ChannelAction, log: &mut Vec<u32>, pause: impl Fn()) {
        let message = 10 + log.len() as u32;
        match action {
            ChannelAction::Do((index, true)) => log.push(u32::from(self.sender(index).send(message).is_ok())),
            ChannelAction::Do((index, false)) => log.push(self.receiver(index).recv().unwrap_or(1_000)),
            ChannelAction::Try((index, true)) => {
                log.push(u32::from(self.sender(index).try_send(message).is_ok()))
            }
            ChannelAction::Try((index, false)) => log.push(self.receiver(index).try_recv().unwrap_or(1_000)),
            ChannelAction::TimeOut((index, true)) => {
                log.push(u32::from(self.sender(index).send_timeout(message, LIMIT).is_ok()));
            }
            ChannelAction::TimeOut((index, false)) => {
                log.push(self.receiver(index).recv_timeout(LIMIT).unwrap_or(1_000));
            }
            ChannelAction::Len(index) => log.push(self.receiver(index).len() as u32),
            ChannelAction::After => {
                let alarm = channel::after(LIMIT);
                log.push(u32::from(alarm.recv().is_ok()));
            }
            ChannelAction::Select(how, first, second) => {
                let alarm = (how == How::OrAfter).then(|| channel::after(LIMIT));
                let mut select = if how == How::Biased { Select::new_biased() } else { Select::new() };
                for (index, sends) in [first, second] {
                    if sends {
                        select.send(self.sender(index))
                    } else {
                        select.recv(self.receiver(index))
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
                        log.push(u32::from(chosen.send(self.sender(*index), message).is_ok()));
                    }
                    (Some((index, false)), _) => {
                        log.push(chosen.recv(self.receiver(*index)).unwrap_or(1_000))
                    }
                    (None, Some(alarm)) => log.push(u32::from(chosen.recv(alarm).is_ok())),
                    (None, None) => unreachable!("there is no third case"),
                }
            }
        }
    }
}

/// Operations on these channels.
pub(super) fn channel_actions(indices: &'static [usize], timed: bool) -> BoxedStrategy<ChannelAction> {
    let case = move || (proptest::sample::select(indices), any::<bool>());
    let how = if timed {
        vec![How::Wait, How::Try, How::TimeOut, How::Biased, How::OrAfter]
    } else {
        vec![How::Wait, How::Wait, How::Try, How::Biased, How::Look, How::Slowly]
    };
    let untimed = prop_oneof![
        3 => case().prop_map(ChannelAction::Do),
        1 => case().prop_map(ChannelAction::Try),
        1 => proptest::sample::select(indices).prop_map(ChannelAction::Len),
        4 => (proptest::sample::select(how), case(), case())
            .prop_map(|(how, first, second)| ChannelAction::Select(how, first, second)),
    ];
    if !timed {
        return untimed.boxed();
    }
    prop_oneof![
        6 => untimed,
        1 => case().prop_map(ChannelAction::TimeOut),
        1 => Just(ChannelAction::After),
    ]
    .boxed()
}
