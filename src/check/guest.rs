//! Runs a model under loom or shuttle.

use std::{any::Any, time::Instant};

use super::{
    Checker,
    finding::{FINDING_VERSION, Finding, FindingKind, NOT_LINEARIZABLE},
    verdict::{EngineName, Explored, Pass, Verdict},
};
use crate::backend::{Limits, Outcome, run as run_model};

pub(super) fn run<F: Fn() + Send + Sync + 'static>(checker: &Checker, model: F) -> Verdict {
    let engine = EngineName::of_this_build();
    if checker.replay.is_some() {
        let reason = format!("schedules are replayed by unsnarl's own engine, not by {engine}");
        return Verdict::Inconclusive { reason };
    }
    let limits = Limits {
        max_executions: checker.max_executions,
        max_time: Some(checker.max_time),
        preemptions: if engine == EngineName::Loom { checker.loom_preemptions } else { None },
        max_steps: checker.max_steps,
        random: checker.strategy.seed(),
    };
    let started = Instant::now();
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run_model(&limits, model)));
    let explored = |executions| Explored { executions, elapsed: started.elapsed(), ..Explored::default() };
    match outcome {
        Ok(Outcome::Complete { executions }) => {
            Verdict::Pass(Pass { explored: explored(executions), bounds: Vec::new(), notes: Vec::new() })
        }
        // A pass rests on something.
        Ok(Outcome::Bounded { executions: 0, why }) => {
            Verdict::Inconclusive { reason: format!("not one execution came to its end: {why}") }
        }
        Ok(Outcome::Bounded { executions, why }) => {
            Verdict::Pass(Pass { explored: explored(executions), bounds: vec![why], notes: Vec::new() })
        }
        Ok(Outcome::Failed { executions, message }) => {
            failed(checker, engine, &message, explored(executions))
        }
        Err(payload) => Verdict::Fault { message: text_of(payload.as_ref()) },
    }
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
}

/// Makes of a guest's message what can be made of it: it names no lock, no holder and no circle.
fn failed(checker: &Checker, engine: EngineName, message: &str, explored: Explored) -> Verdict {
    // Our own refusals of what the backend cannot do.
    if let Some(at) = message.find("unsnarl: the ") {
        let mut reason = message[at..].lines().next().unwrap_or_default().to_owned();
        if let Some(first) = message[..at].lines().next() {
            reason.push_str(&format!(" (after: {first})"));
        }
        return Verdict::Inconclusive { reason };
    }
    let kind = kind_of(message);
    let first = message.lines().next().unwrap_or_default();
    Verdict::Finding(Box::new(Finding {
        version: FINDING_VERSION,
        model: checker.name.clone(),
        engine,
        kind,
        title: format!("{kind}, says {engine}: {first}"),
        explanation: vec![
            message.to_owned(),
            "Run the model under unsnarl's own engine for the threads, the locks and the schedule."
                .to_owned(),
        ],
        cycle: Vec::new(),
        marks: Vec::new(),
        threads: Vec::new(),
        objects: Vec::new(),
        start: Vec::new(),
        steps: Vec::new(),
        moments: Vec::new(),
        preemptions: 0,
        shrunk: None,
        schedule: String::new(),
        replay: String::new(),
        sources: Vec::new(),
        explored,
        notes: Vec::new(),
    }))
}

/// The kind that the words of loom and shuttle stand for.
fn kind_of(message: &str) -> FindingKind {
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if message.starts_with(NOT_LINEARIZABLE) {
        FindingKind::NotLinearizable
    } else if has(&["deadlock"]) {
        FindingKind::Deadlock
    } else if has(&["Causality violation", "Concurrent write accesses", "Concurrent load", "concurrent"]) {
        FindingKind::Race
    } else if has(&["exceeded max_steps", "Model exceeded maximum number of branches"]) {
        FindingKind::Livelock
    } else if has(&["leaked"]) {
        FindingKind::Leak
    } else {
        FindingKind::Panic
    }
}
