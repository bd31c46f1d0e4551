//! How everything stands after some moves.

use serde::Serialize;

use super::{Looks, Move, human, run, strategy_of};
use crate::{
    check::{
        Checker, Finding, HeldReport, NextReport, StepReport,
        explore::{After, End, after},
        names::Names,
        observe,
        verdict::Explored,
    },
    engine::{
        Mode, Stop, World,
        object::State,
        op::{NO_OBJECT, ObjectIndex, Op, OpKind, ThreadIndex},
        strategy::{Human, Open, bit, members},
        trace::Step,
    },
};

/// How the next step of a thread can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    /// The thread can go on.
    Ready,
    /// It can go on only by running out of time.
    TimesOut,
    /// It can go on only by waking up for no reason.
    WakesSpuriously,
    /// It cannot go on.
    Blocked,
    /// It has ended.
    Ended,
}

impl Turn {
    /// Whether the thread can be chosen.
    #[must_use]
    pub fn is_possible(self) -> bool {
        matches!(self, Turn::Ready | Turn::TimesOut | Turn::WakesSpuriously)
    }
}

/// How a thread stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ThreadPosition {
    /// Its name; `main` for the model's closure, `thread-1` … for threads without a name.
    pub name: String,
    /// Whether it can be chosen.
    pub turn: Turn,
    /// The operation that it is about to do; none after its end.
    pub next: Option<NextReport>,
    /// What it holds, in the order in which it was taken.
    pub holds: Vec<HeldReport>,
    /// The threads that it waits for, as indices: each of them must act first.
    pub waits_for: Vec<usize>,
    /// The panic that it ended with.
    pub panic: Option<String>,
}

/// How an object stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectPosition {
    /// What reports call it.
    pub label: String,
    /// `mutex`, `rwlock`, `condvar` …
    pub kind: String,
    /// Where it was made, as `file:line:column`.
    pub created: String,
    /// `free`, `held`, `2 permits left`, `empty, 1 sender, 1 receiver` …
    pub state: String,
    /// The threads that hold it, as indices.
    pub holders: Vec<usize>,
    /// The threads that wait for it, or on it, as indices.
    pub waiting: Vec<usize>,
}

/// A value that the program shows; see [`show`](crate::check::show).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValueReport {
    /// Its name.
    pub name: String,
    /// The newest value.
    pub value: String,
}

/// A step that was chosen has more than one way to go: the next move is a [`Move::Value`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
    /// Whose step it is, as an index.
    pub thread: usize,
    /// What is to be decided, in words.
    pub text: String,
    /// The numbers that can be chosen, with what each of them means.
    pub answers: Vec<(usize, String)>,
}

/// How everything stands after some moves.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Position {
    /// The threads, in the order of spawning.
    pub threads: Vec<ThreadPosition>,
    /// The objects that a step was taken on, or is about to be, in the order of construction.
    pub objects: Vec<ObjectPosition>,
    /// The values that the program shows.
    pub values: Vec<ValueReport>,
    /// The steps so far.
    pub steps: Vec<StepReport>,
    /// What the step that was chosen last still needs; everything stands as before that step.
    pub question: Option<Question>,
    /// The bug that is here.
    pub finding: Option<Box<Finding>>,
    /// Why it does not go on although no bug is here: the program has ended, or has had its steps.
    pub end: Option<String>,
}

/// What running some moves came to.
pub(super) struct Stood {
    pub(super) position: Position,
    pub(super) made: Vec<Move>,
    pub(super) wants: Mode,
    pub(super) refused: Option<usize>,
    pub(super) why: String,
}

/// Runs the moves.
pub(super) fn stand(
    checker: &Checker,
    model: &dyn Fn(),
    mode: Mode,
    moves: &[Move],
    recorded: bool,
) -> Stood {
    let mut stood = stand_once(checker, model, mode, moves, recorded);
    if let Some(asked) = stood.position.question.take() {
        // The step has begun without its number: how it stands is seen without the step.
        let last = stood.made.iter().rposition(|next| matches!(next, Move::Thread(_))).unwrap_or(0);
        let before = stand_once(checker, model, mode, &stood.made[..last], false);
        stood.position = Position { question: Some(asked), ..before.position };
    }
    stood
}

fn stand_once(checker: &Checker, model: &dyn Fn(), mode: Mode, moves: &[Move], recorded: bool) -> Stood {
    // The budgets count as in a check, but for what was recorded under others.
    let checker = if recorded { &checker.without_budgets() } else { checker };
    let mut stood = None;
    run_once(checker, model, mode, moves, recorded, |world, stop| {
        stood = Some(look(checker, world, stop));
    });
    stood.expect("there is one execution")
}

fn run_once(
    checker: &Checker,
    model: &dyn Fn(),
    mode: Mode,
    moves: &[Move],
    recorded: bool,
    mut look: impl FnMut(&mut World, Stop),
) {
    let mut is_first = true;
    run(checker, model, mode, Looks::AtAll, human(moves, recorded), |world, stop| {
        if std::mem::take(&mut is_first) {
            look(world, stop);
        }
        Some(())
    });
}

fn look(checker: &Checker, world: &mut World, stop: Stop) -> Stood {
    let human = strategy_of::<Human>(world);
    let (open, refused) = (human.open, human.refused.or(human.left_over()));
    let made = human.made.iter().map(|next| (*next).into()).collect();
    let wants = world.wants;
    let mut position = Position::default();
    let mut candidates = (0, 0);
    match open {
        Some(Open::Thread { candidates: all, ready }) => candidates = (all, ready),
        Some(Open::Value { possible }) => position.question = question(checker, world, possible),
        None if refused.is_some() => {}
        None => match after(checker, world, stop, true) {
            After::End(End::Found(observed)) => {
                position.finding = Some(Box::new(observe::finding(checker, *observed, Explored::default())));
            }
            After::End(End::Unsupported(why)) => position.end = Some(why),
            After::Unfair => {
                position.end = Some(format!("an execution has at most {} steps", checker.max_steps));
            }
            _ => position.end = Some("the program has ended, and all its threads".to_owned()),
        },
    }
    let names = Names::new(world, &checker.sources);
    position.threads =
        (0..world.thread_count).map(|index| thread(world, &names, index, candidates)).collect();
    position.objects = objects(world, &names);
    let values = world.shown_values.iter().flat_map(|shown| &shown.values);
    position.values =
        values.map(|(name, value)| ValueReport { name: name.clone(), value: value.clone() }).collect();
    position.steps = (0..world.steps.len()).map(|at| observe::step_report(world, &names, at)).collect();
    let why = refused.map_or(String::new(), |_| why_not(world, &names));
    Stood { position, made, wants, refused, why }
}

/// Why the next move is not possible.
fn why_not(world: &World, names: &Names) -> String {
    let words = |index: usize| {
        let name = world.thread_name(index);
        match world.pending[index] {
            None => format!("`{name}` has ended"),
            Some(op) if world.is_blocked(index, &op) => match op.object {
                NO_OBJECT => format!("`{name}` waits to {}", op.kind.word()),
                object => format!("`{name}` waits to {} `{}`", op.kind.word(), names.label(object)),
            },
            Some(op) => format!("`{name}` can {}", op.kind.word()),
        }
    };
    let all: Vec<String> = (0..world.thread_count).map(words).collect();
    format!("after the moves before it {}", all.join(", "))
}

fn thread(
    world: &World,
    names: &Names,
    index: ThreadIndex,
    (candidates, ready): (u128, u128),
) -> ThreadPosition {
    let report = observe::thread_report(world, names, index);
    let state = world.thread(index);
    let turn = match world.pending[index] {
        None => Turn::Ended,
        Some(_) if candidates & bit(index) == 0 => Turn::Blocked,
        Some(_) if ready & bit(index) != 0 => Turn::Ready,
        Some(op) if op.kind.is_timed() => Turn::TimesOut,
        Some(op) if op.kind == OpKind::Relock => Turn::WakesSpuriously,
        // Spins or sleeps, and nobody else can go on.
        Some(_) => Turn::Ready,
    };
    ThreadPosition {
        name: report.name,
        turn,
        next: world.pending[index].as_ref().map(|op| observe::next_report(names, op, state.notified)),
        holds: report.holds,
        waits_for: world.waits_for(index),
        panic: report.panic,
    }
}

/// The objects that steps are about.
fn objects(world: &World, names: &Names) -> Vec<ObjectPosition> {
    let pending: Vec<(ThreadIndex, Op)> =
        (0..world.thread_count).filter_map(|thread| Some((thread, world.pending[thread]?))).collect();
    let of_steps = world.steps.iter().map(|step: &Step| step.op);
    let met: Vec<ObjectIndex> =
        of_steps.chain(pending.iter().map(|(_, op)| *op)).flat_map(objects_of).collect();
    #[expect(clippy::cast_possible_truncation, reason = "the index of an object")]
    let all = (0..world.objects.len()).map(|index| index as ObjectIndex);
    all.filter(|index| met.contains(index))
        .filter(|index| {
            !matches!(world.object(*index).state, State::Thread { .. } | State::Fence | State::Selects)
        })
        .map(|index| {
            let holders = (0..world.thread_count)
                .filter(|thread| world.thread(*thread).held.iter().any(|held| held.object == index));
            let waiting = pending.iter().filter(|(thread, op)| {
                let awaited = observe::shown_object(op, world.thread(*thread).notified);
                awaited == index && world.is_blocked(*thread, op)
            });
            let (holders, waiting): (Vec<_>, Vec<_>) =
                (holders.collect(), waiting.map(|(thread, _)| *thread).collect());
            let report = names.object(world, index);
            let state = report.state.unwrap_or_else(|| state(world, index, &holders, &waiting));
            ObjectPosition {
                label: report.label,
                kind: report.kind,
                created: report.created,
                state,
                holders,
                waiting,
            }
        })
        .collect()
}

fn objects_of(op: Op) -> impl Iterator<Item = ObjectIndex> {
    let waits_on = match op.kind {
        OpKind::Relock | OpKind::RelockTimed => op.arg,
        _ => NO_OBJECT,
    };
    [op.object, op.second, waits_on].into_iter().filter(|object| *object != NO_OBJECT)
}

/// How an object stands that reports have no word for.
fn state(world: &World, index: ObjectIndex, holders: &[usize], waiting: &[usize]) -> String {
    match &world.object(index).state {
        State::Atomic { .. } => match world.shown_values.as_ref().and_then(|shown| shown.atomic(index)) {
            Some(value) => value.to_string(),
            None => "not looked at yet".to_owned(),
        },
        State::RwLock(lock) if lock.writer.is_some() => "written".to_owned(),
        State::RwLock(lock) => match lock.readers.len() {
            0 if holders.is_empty() => "free".to_owned(),
            0 => "held upgradably".to_owned(),
            1 => "1 reader".to_owned(),
            readers => format!("{readers} readers"),
        },
        State::Condvar { .. } if waiting.is_empty() => "nobody waits".to_owned(),
        State::Condvar { .. } => format!("{} waiting", waiting.len()),
        State::Mutex { .. } if holders.is_empty() => "free".to_owned(),
        State::Mutex { .. } => "held".to_owned(),
        _ => String::new(),
    }
}

/// What the last step needs to know.
fn question(checker: &Checker, world: &World, possible: u128) -> Option<Question> {
    let step = world.steps.last()?;
    let names = Names::new(world, &checker.sources);
    let name = world.thread_name(step.thread);
    let object = (step.op.object != NO_OBJECT).then(|| names.label(step.op.object).to_owned());
    let about = object.map_or(String::new(), |object| format!(" `{object}`"));
    let numbers = || members(possible);
    let (text, answers): (String, Vec<(usize, String)>) = match step.op.kind {
        OpKind::NotifyOne => {
            let woken = numbers().map(|value| (value, format!("waiter {}", value + 1)));
            (
                format!("`{name}` notifies{about}: who is woken, in the order in which they came?"),
                woken.collect(),
            )
        }
        OpKind::Load | OpKind::Rmw => {
            let stores = numbers().map(|value| {
                let words = match value {
                    0 => "the newest value".to_owned(),
                    1 => "the value before the newest".to_owned(),
                    _ => format!("the value {value} stores before the newest"),
                };
                (value, words)
            });
            (format!("`{name}` reads{about}: which value does it see?"), stores.collect())
        }
        OpKind::Choose => {
            let words = world.chosen.last().map_or("choose", |chosen| chosen.operation);
            let words = if words == "choose" {
                "which number?".to_owned()
            } else {
                format!("{words}: how does it go? 0 is well")
            };
            (format!("`{name}`: {words}"), numbers().map(|value| (value, value.to_string())).collect())
        }
        kind => {
            let ways = numbers().map(|value| (value, format!("way {}", value + 1)));
            (format!("`{name}` can {}{about} in more than one way: which?", kind.word()), ways.collect())
        }
    };
    Some(Question { thread: step.thread, text, answers })
}
