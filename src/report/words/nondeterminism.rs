//! A program that does something else under the same schedule.

use super::Words;

/// `difference` is what was recorded and what happens now, with the place of the latter; `survivor` an object that lives on.
pub(crate) fn nondeterminism(
    step: usize,
    difference: Option<(String, Option<String>)>,
    survivor: Option<(&'static str, String)>,
) -> Words {
    let mut words = Words::new("the program is not deterministic");
    words.say(format!(
        "At step {step} the program did something else than in an earlier execution that had the same schedule up to there. Results of a check are then worth nothing."
    ));
    if let Some((difference, place)) = difference {
        words.say(difference);
        if let Some(place) = place {
            words.look(&place, "this is done now, and was not before".to_owned());
        }
    }
    match survivor {
        Some((kind, place)) => {
            words.say(format!(
                "The {kind} made at {place} lives on from one execution to the next, so its data does not start afresh: make it inside the model."
            ));
            words.see(&place, format!("this {kind} lives on from one execution to the next"));
        }
        None => words.say(
            "Look for randomness (hash map order too), real time, or state kept outside the model's closure."
                .to_owned(),
        ),
    }
    words
}
