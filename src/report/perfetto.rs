//! The schedule of a finding as a trace for Perfetto's viewer (<https://ui.perfetto.dev>): a track for each thread, below it
//! one for what it waits for and one for each object that it held. A step lasts a millisecond, since steps have no duration.
//!
//! The messages are the few of Perfetto's `trace_packet.proto`, `track_descriptor.proto` and `track_event.proto` that are
//! needed, with their field numbers.

use std::collections::BTreeMap;

use prost::Message;

use crate::check::{Finding, MomentReport, StandingReport, StepReport};

#[derive(Clone, PartialEq, Message)]
struct Trace {
    #[prost(message, repeated, tag = "1")]
    packet: Vec<TracePacket>,
}

#[derive(Clone, PartialEq, Message)]
struct TracePacket {
    /// In nanoseconds.
    #[prost(uint64, optional, tag = "8")]
    timestamp: Option<u64>,
    #[prost(uint32, optional, tag = "10")]
    trusted_packet_sequence_id: Option<u32>,
    #[prost(message, optional, tag = "11")]
    track_event: Option<TrackEvent>,
    #[prost(message, optional, tag = "60")]
    track_descriptor: Option<TrackDescriptor>,
}

#[derive(Clone, PartialEq, Message)]
struct TrackDescriptor {
    #[prost(uint64, optional, tag = "1")]
    uuid: Option<u64>,
    #[prost(string, optional, tag = "2")]
    name: Option<String>,
    #[prost(message, optional, tag = "3")]
    process: Option<ProcessDescriptor>,
    #[prost(message, optional, tag = "4")]
    thread: Option<ThreadDescriptor>,
    #[prost(uint64, optional, tag = "5")]
    parent_uuid: Option<u64>,
}

#[derive(Clone, PartialEq, Message)]
struct ProcessDescriptor {
    #[prost(int32, optional, tag = "1")]
    pid: Option<i32>,
    #[prost(string, optional, tag = "6")]
    process_name: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct ThreadDescriptor {
    #[prost(int32, optional, tag = "1")]
    pid: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    tid: Option<i32>,
    #[prost(string, optional, tag = "5")]
    thread_name: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct TrackEvent {
    #[prost(message, repeated, tag = "4")]
    debug_annotations: Vec<DebugAnnotation>,
    #[prost(enumeration = "EventType", optional, tag = "9")]
    r#type: Option<i32>,
    #[prost(uint64, optional, tag = "11")]
    track_uuid: Option<u64>,
    #[prost(string, repeated, tag = "22")]
    categories: Vec<String>,
    #[prost(string, optional, tag = "23")]
    name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
enum EventType {
    Unspecified = 0,
    SliceBegin = 1,
    SliceEnd = 2,
    Instant = 3,
}

#[derive(Clone, PartialEq, Message)]
struct DebugAnnotation {
    #[prost(string, optional, tag = "6")]
    string_value: Option<String>,
    #[prost(string, optional, tag = "10")]
    name: Option<String>,
}

/// How long a step is drawn, in nanoseconds.
const STEP: u64 = 1_000_000;
/// The model, as a process.
const PROCESS: u64 = 1;
const PID: i32 = 1;

/// The trace as bytes, for a file that ends in `.pftrace`.
#[must_use]
pub fn trace(finding: &Finding) -> Vec<u8> {
    let mut trace = Writer::default();
    trace.describe(TrackDescriptor {
        uuid: Some(PROCESS),
        process: Some(ProcessDescriptor { pid: Some(PID), process_name: Some(finding.model.clone()) }),
        ..TrackDescriptor::default()
    });
    for (index, thread) in finding.threads.iter().enumerate() {
        let tid = i32::try_from(index + 1).unwrap_or(i32::MAX);
        trace.describe(TrackDescriptor {
            uuid: Some(thread_track(index)),
            thread: Some(ThreadDescriptor {
                pid: Some(PID),
                tid: Some(tid),
                thread_name: Some(thread.name.clone()),
            }),
            ..TrackDescriptor::default()
        });
    }
    let mut states = States::default();
    states.change(&mut trace, 0, &finding.start);
    for moment in &finding.moments {
        trace.moment(moment);
    }
    for (at, step) in finding.steps.iter().enumerate() {
        let begin = at as u64 * STEP;
        trace.step(begin, step);
        states.change(&mut trace, begin + STEP, &step.changes);
    }
    // What still lasts at the end is drawn a little longer than the steps, so that it is to be seen.
    states.end(&mut trace, (finding.steps.len() as u64 + 2) * STEP);
    trace.0.encode_to_vec()
}

fn thread_track(thread: usize) -> u64 {
    100 + thread as u64
}

#[derive(Default)]
struct Writer(Trace);

impl Writer {
    fn describe(&mut self, track: TrackDescriptor) {
        self.0.packet.push(TracePacket {
            trusted_packet_sequence_id: Some(1),
            track_descriptor: Some(track),
            ..TracePacket::default()
        });
    }

    fn event(&mut self, timestamp: u64, event: TrackEvent) {
        self.0.packet.push(TracePacket {
            timestamp: Some(timestamp),
            trusted_packet_sequence_id: Some(1),
            track_event: Some(event),
            ..TracePacket::default()
        });
    }

    fn begin(
        &mut self,
        timestamp: u64,
        track: u64,
        category: &str,
        name: String,
        notes: Vec<DebugAnnotation>,
    ) {
        self.event(
            timestamp,
            TrackEvent {
                debug_annotations: notes,
                r#type: Some(EventType::SliceBegin as i32),
                track_uuid: Some(track),
                categories: vec![category.to_owned()],
                name: Some(name),
            },
        );
    }

    fn end(&mut self, timestamp: u64, track: u64) {
        let event = TrackEvent {
            r#type: Some(EventType::SliceEnd as i32),
            track_uuid: Some(track),
            ..TrackEvent::default()
        };
        self.event(timestamp, event);
    }

    /// What is no step stands where the last step before it ends.
    fn moment(&mut self, moment: &MomentReport) {
        let object = moment.object.as_ref().map_or_else(String::new, |object| format!(" {object}"));
        let event = TrackEvent {
            r#type: Some(EventType::Instant as i32),
            track_uuid: Some(thread_track(moment.thread)),
            categories: vec!["moment".to_owned()],
            name: Some(format!("{}{object}", moment.operation)),
            debug_annotations: vec![DebugAnnotation {
                string_value: Some(moment.place.clone()),
                name: Some("place".to_owned()),
            }],
        };
        self.event(moment.steps_before as u64 * STEP, event);
    }

    fn step(&mut self, begin: u64, step: &StepReport) {
        let object = step.object.as_ref().map_or_else(String::new, |object| format!(" {object}"));
        let note = |name: &str, value: &str| DebugAnnotation {
            string_value: Some(value.to_owned()),
            name: Some(name.to_owned()),
        };
        let mut notes = vec![note("place", &step.place)];
        notes.extend(step.ordering.as_ref().map(|ordering| note("ordering", ordering)));
        notes.extend(step.outcome.as_ref().map(|outcome| note("outcome", outcome)));
        let track = thread_track(step.thread);
        self.begin(begin, track, "step", format!("{}{object}", step.operation), notes);
        self.end(begin + STEP, track);
    }
}

/// What lasts from one step to others: what threads hold and what they wait for, each on a track of its own.
#[derive(Default)]
struct States {
    tracks: BTreeMap<(usize, String), u64>,
    open: BTreeMap<(usize, String), String>,
}

impl States {
    fn change(&mut self, trace: &mut Writer, now: u64, changes: &[StandingReport]) {
        for standing in changes {
            let mut wanted: BTreeMap<String, String> =
                standing.holds.iter().map(|label| (format!("holds {label}"), label.clone())).collect();
            if let Some(next) = standing.next.as_ref().filter(|_| standing.blocked) {
                let object = next.object.as_ref().map_or_else(String::new, |object| format!(" {object}"));
                wanted.insert("blocked".to_owned(), format!("{}{object}", next.operation));
            }
            let thread = standing.thread;
            let over: Vec<_> = self
                .open
                .iter()
                .filter(|((of, what), name)| *of == thread && wanted.get(what) != Some(name))
                .map(|(key, _)| key.clone())
                .collect();
            for key in over {
                trace.end(now, self.tracks[&key]);
                self.open.remove(&key);
            }
            for (what, name) in wanted {
                let key = (thread, what);
                if self.open.contains_key(&key) {
                    continue;
                }
                let track = self.track(trace, &key);
                trace.begin(now, track, "state", name.clone(), Vec::new());
                self.open.insert(key, name);
            }
        }
    }

    fn track(&mut self, trace: &mut Writer, key: &(usize, String)) -> u64 {
        if let Some(track) = self.tracks.get(key) {
            return *track;
        }
        let track = 10_000 + self.tracks.len() as u64;
        trace.describe(TrackDescriptor {
            uuid: Some(track),
            name: Some(key.1.clone()),
            parent_uuid: Some(thread_track(key.0)),
            ..TrackDescriptor::default()
        });
        self.tracks.insert(key.clone(), track);
        track
    }

    fn end(&mut self, trace: &mut Writer, now: u64) {
        for key in std::mem::take(&mut self.open).into_keys() {
            trace.end(now, self.tracks[&key]);
        }
    }
}
