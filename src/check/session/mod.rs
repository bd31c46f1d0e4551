//! Stepping an execution by hand: somebody decides each step, sees how everything stands, takes steps back, and asks whether a
//! bug can still be reached.
//!
//! Going back is running a shorter beginning again: a model does the same each time that the schedule is the same.
//!
//! ```
//! use unsnarl::{Named, check::{Checker, Move, Outlook}, parking_lot::Mutex, thread};
//!
//! let session = Checker::new("inversion").spurious_wakeups(0).session(|| {
//!     let (a, b) = (Mutex::new(()).named("a"), Mutex::new(()).named("b"));
//!     thread::scope(|scope| {
//!         scope.spawn(|| { let _a = a.lock(); let _b = b.lock(); });
//!         let _b = b.lock();
//!         let _a = a.lock();
//!     });
//! });
//! // Before the first step `main` is about to lock `b`, and the other thread about to start.
//! assert_eq!(session.position().threads.len(), 2);
//! let Outlook::Reachable { way, is_shortest: true, .. } = session.outlook(1_000) else { panic!() };
//! let session = session.after(way)?;
//! assert_eq!(session.position().finding.as_ref().unwrap().cycle.len(), 2);
//! # Ok::<(), unsnarl::check::MoveError>(())
//! ```

mod outlook;
mod position;

use std::{any::Any, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

pub use outlook::Outlook;
pub use position::{ObjectPosition, Position, Question, ThreadPosition, Turn, ValueReport};

use super::{
    Checker,
    explore::{self, apart},
    rerun,
    schedule::Schedule,
};
use crate::engine::{
    Engine, Mode, Stop, StrategyDebug, World,
    strategy::{self, Human, Random},
    trace::Choice,
};

/// How many random executions are looked at for what kinds of steps the model has.
const EXECUTIONS_FOR_MODE: usize = 256;

/// A decision about the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Move {
    /// This thread, by its index, takes its next step.
    Thread(usize),
    /// The step that a [`Question`] is about chooses this number.
    Value(usize),
}

/// Why a move is not possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveError {
    /// Which of the moves, counted from 0.
    pub at: usize,
    why: String,
}

impl fmt::Display for MoveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "move {} is not possible: {}", self.at + 1, self.why)
    }
}

impl std::error::Error for MoveError {}

/// An execution of a model that somebody steps through: made by [`Checker::session`].
///
/// Each change runs the model from the beginning, so a session holds no thread, and many can go on side by side.
#[derive(Clone)]
pub struct Session {
    checker: Checker,
    model: Arc<dyn Fn() + Send + Sync>,
    mode: Mode,
    moves: Vec<Move>,
    position: Position,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("model", &self.checker.name)
            .field("moves", &self.moves)
            .finish_non_exhaustive()
    }
}

impl Checker {
    /// Steps through the model by hand, from its beginning.
    ///
    /// Of the settings those count that say what can happen: [`max_steps`](Self::max_steps),
    /// [`early_timeouts`](Self::early_timeouts), [`spurious_wakeups`](Self::spurious_wakeups),
    /// [`weak_memory`](Self::weak_memory), [`stale_reads`](Self::stale_reads). Blocks for a moment.
    pub fn session<F: Fn() + Send + Sync + 'static>(&self, model: F) -> Session {
        let (checker, model) = (self.clone(), Arc::new(model));
        let mode = apart(|| mode_of(&checker, &*model));
        let mut session = Session { checker, model, mode, moves: Vec::new(), position: Position::default() };
        session.stand(Vec::new(), false).expect("no moves are always possible");
        session
    }
}

impl Session {
    /// How everything stands after the moves so far.
    #[must_use]
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// The moves so far.
    #[must_use]
    pub fn moves(&self) -> &[Move] {
        &self.moves
    }

    /// Makes a move.
    ///
    /// # Errors
    ///
    /// If it is not possible here; then nothing has changed.
    pub fn make(&mut self, next: Move) -> Result<&Position, MoveError> {
        let moves = self.moves.iter().copied().chain([next]).collect();
        self.stand(moves, false)?;
        Ok(&self.position)
    }

    /// The session after these moves more.
    ///
    /// # Errors
    ///
    /// If one of them is not possible.
    pub fn after(mut self, moves: impl IntoIterator<Item = Move>) -> Result<Session, MoveError> {
        let moves = self.moves.iter().copied().chain(moves).collect();
        self.stand(moves, false)?;
        Ok(self)
    }

    /// Takes the last step back, with the numbers that it chose. At the beginning it does nothing.
    pub fn undo(&mut self) -> &Position {
        let last = self.moves.iter().rposition(|step| matches!(step, Move::Thread(_)));
        let moves = self.moves[..last.unwrap_or(0)].to_vec();
        self.stand(moves, false).expect("what was possible is possible again");
        &self.position
    }

    /// Begins again, and makes the moves that a schedule records.
    ///
    /// # Errors
    ///
    /// If the program does something else than was recorded; then nothing has changed.
    pub fn follow(&mut self, schedule: &Schedule) -> Result<&Position, MoveError> {
        let before = self.mode;
        self.mode = rerun::mode_of(&self.checker, schedule);
        let choices = rerun::choices_of(schedule).into_iter();
        let moves = choices.map(|choice| match choice {
            Choice::Thread { thread, .. } => Move::Thread(thread),
            Choice::Value { value, .. } => Move::Value(value),
        });
        if let Err(error) = self.stand(moves.collect(), true) {
            self.mode = before;
            return Err(error);
        }
        Ok(&self.position)
    }

    /// Whether a bug can be reached from here, and a shortest way to it.
    ///
    /// First some executions are drawn at random, for a quick yes; then all that can follow is looked at, one step deep, two
    /// steps deep, and so on. `executions` is how many there are in all at most: what is not known then is said to be unknown.
    /// Blocks until it is done: some ten thousand executions a second and more, of programs with a dozen steps.
    ///
    /// It ends early if the checker's [`Control`](super::Control) is cancelled.
    #[must_use]
    pub fn outlook(&self, executions: u64) -> Outlook {
        apart(|| outlook::outlook(self, executions))
    }

    /// Runs the moves and takes the position.
    fn stand(&mut self, mut moves: Vec<Move>, mut recorded: bool) -> Result<(), MoveError> {
        let before = self.mode;
        loop {
            let (checker, model, mode) = (&self.checker, &*self.model, self.mode);
            let stood = apart(|| position::stand(checker, model, mode, &moves, recorded));
            if stood.wants != self.mode {
                // Only now it shows that there are more kinds of steps. The moves are made again, as far as they go.
                self.mode = stood.wants;
                continue;
            }
            if stood.refused.is_some() && self.mode != before && stood.made.len() < moves.len() {
                (moves, recorded) = (stood.made, false);
                continue;
            }
            if let Some(at) = stood.refused {
                let why = stood.why;
                return Err(MoveError { at, why });
            }
            (self.moves, self.position) = (stood.made, stood.position);
            return Ok(());
        }
    }
}

/// What is recorded of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looks {
    /// How it ends.
    AtEnds,
    /// What somebody sees who steps through it.
    AtAll,
}

/// Runs executions of the strategy until there are no more or `after` has seen enough.
fn run<R>(
    checker: &Checker,
    model: &dyn Fn(),
    mode: Mode,
    looks: Looks,
    strategy: Box<dyn StrategyDebug>,
    mut after: impl FnMut(&mut World, Stop) -> Option<R>,
) -> Option<R> {
    let mut engine = Engine::new(explore::world(checker, mode), checker.stack_size);
    let world = engine.world();
    world.strategy = strategy;
    if looks == Looks::AtAll {
        world.timeline = Some(Box::default());
        world.shown_values = Some(Box::default());
    }
    let model = || {
        model();
        crate::backend::locals::end_thread();
    };
    while engine.world().strategy.new_execution() {
        let seen = engine.run(&model, |world, stop| after(world, stop));
        if seen.is_some() {
            return seen;
        }
        let world = engine.world();
        if world.wants != world.mode {
            world.mode = world.wants;
            world.strategy.restart();
        }
    }
    None
}

/// What kinds of steps there are, as far as some executions show.
fn mode_of(checker: &Checker, model: &dyn Fn()) -> Mode {
    let mut mode = Mode::default();
    let mut executions = 0;
    run(checker, model, mode, Looks::AtEnds, Box::new(Random::new(0)), |world, _| {
        mode = world.wants;
        executions += 1;
        (executions >= EXECUTIONS_FOR_MODE && world.wants == world.mode).then_some(())
    });
    mode
}

impl From<Move> for strategy::Move {
    fn from(next: Move) -> Self {
        match next {
            Move::Thread(thread) => strategy::Move::Thread(thread),
            Move::Value(value) => strategy::Move::Value(value),
        }
    }
}

impl From<strategy::Move> for Move {
    fn from(next: strategy::Move) -> Self {
        match next {
            strategy::Move::Thread(thread) => Move::Thread(thread),
            strategy::Move::Value(value) => Move::Value(value),
        }
    }
}

/// The strategy of the world, which is of this type.
fn strategy_of<S: Any>(world: &World) -> &S {
    let strategy: &dyn Any = world.strategy.as_ref();
    strategy.downcast_ref::<S>().expect("the strategy that the world was given")
}

fn human(moves: &[Move], recorded: bool) -> Box<Human> {
    Box::new(Human::new(moves.iter().map(|next| (*next).into()).collect(), recorded))
}
