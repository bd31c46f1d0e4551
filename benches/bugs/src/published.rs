//! What others measured: schedules until the first bug, as means over the trials that found it.
//!
//! Three sources, whose steps are not the same, so that figures of different sources cannot be compared with each other:
//!
//! - *RFF*: Wolff, Shi, Duck, Mathur, Roychoudhury, "Greybox Fuzzing for Concurrency Testing", ASPLOS 2024, from the raw data
//!   of its artifact: 20 trials of five minutes on the C programs, where every shared access is a step;
//! - *SURW*: "Selectively Uniform Concurrency Testing", ASPLOS 2025, likewise: 20 trials of 10,000 schedules (SafeStack
//!   1,000,000) or five minutes;
//! - *facade*: an independent sampler, 50 trials of 10,000 schedules, on an encoding whose steps are those of the programs
//!   here: atomic accesses, lock, unlock, spawn, join.

use serde::Serialize;

/// A published figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Nobody published one.
    Unknown,
    /// No trial found the bug.
    Never,
    /// The mean number of schedules over the trials that found the bug.
    Mean {
        /// The mean.
        schedules: f64,
        /// How many trials found it.
        found: u32,
        /// Of how many.
        trials: u32,
    },
}

/// The figures of one program.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Published {
    /// The program.
    pub name: &'static str,
    /// From RFF's artifact.
    pub rff: Rff,
    /// From SURW's artifact.
    pub surw: Surw,
    /// At the facade's granularity.
    pub facade: Facade,
}

/// Figures of RFF's artifact.
#[derive(Clone, Copy, Debug, Serialize)]
#[expect(missing_docs, reason = "the strategies by their names")]
pub struct Rff {
    #[serde(rename = "reads-from")]
    pub rff: Figure,
    pub pos: Figure,
    pub pct3: Figure,
}

/// Figures of SURW's artifact.
#[derive(Clone, Copy, Debug, Serialize)]
#[expect(missing_docs, reason = "the strategies by their names")]
pub struct Surw {
    pub surw: Figure,
    pub pct3: Figure,
    pub pos: Figure,
    pub random: Figure,
    pub urw: Figure,
}

/// Figures at the facade's granularity.
#[derive(Clone, Copy, Debug, Serialize)]
#[expect(missing_docs, reason = "the strategies by their names")]
pub struct Facade {
    pub random: Figure,
    pub pct3: Figure,
    pub pos: Figure,
    pub urw: Figure,
    pub surw: Figure,
}

const UNKNOWN: Figure = Figure::Unknown;
const NEVER: Figure = Figure::Never;

/// The programs that the independent sampler did not have.
const NOT_ENCODED: Facade =
    Facade { random: UNKNOWN, pct3: UNKNOWN, pos: UNKNOWN, urw: UNKNOWN, surw: UNKNOWN };

const fn mean(schedules: f64) -> Figure {
    some(schedules, 20)
}

const fn some(schedules: f64, found: u32) -> Figure {
    Figure::Mean { schedules, found, trials: 20 }
}

const fn mean_of_50(schedules: f64) -> Figure {
    some_of_50(schedules, 50)
}

const fn some_of_50(schedules: f64, found: u32) -> Figure {
    Figure::Mean { schedules, found, trials: 50 }
}

/// The figures of the program of this name.
#[must_use]
pub fn published(name: &str) -> Option<&'static Published> {
    PUBLISHED.iter().find(|published| published.name == name)
}

static PUBLISHED: &[Published] = &[
    Published {
        name: "account",
        rff: Rff { rff: mean(1.0), pos: mean(1.0), pct3: mean(9.0) },
        surw: Surw { surw: mean(6.0), pct3: mean(4.0), pos: mean(4.0), random: mean(18.0), urw: mean(3.0) },
        facade: Facade {
            random: mean_of_50(11.0),
            pct3: mean_of_50(5.8),
            pos: mean_of_50(5.2),
            urw: mean_of_50(5.3),
            surw: mean_of_50(4.2),
        },
    },
    Published {
        name: "bluetooth_driver",
        rff: Rff { rff: mean(45.0), pos: mean(72.0), pct3: mean(161.0) },
        surw: Surw {
            surw: mean(70.0),
            pct3: mean(112.0),
            pos: mean(36.0),
            random: mean(215.0),
            urw: some(1494.0, 19),
        },
        facade: Facade {
            random: mean_of_50(20.4),
            pct3: mean_of_50(20.5),
            pos: mean_of_50(16.6),
            urw: some_of_50(53.0, 32),
            surw: mean_of_50(19.8),
        },
    },
    Published {
        name: "carter01",
        rff: Rff { rff: mean(2.0), pos: mean(2.0), pct3: mean(5.0) },
        surw: Surw { surw: UNKNOWN, pct3: mean(5.0), pos: mean(2.0), random: mean(1.0), urw: UNKNOWN },
        facade: Facade {
            random: mean_of_50(1.7),
            pct3: mean_of_50(2.6),
            pos: mean_of_50(2.2),
            urw: mean_of_50(1.6),
            surw: mean_of_50(1.9),
        },
    },
    Published {
        name: "circular_buffer",
        rff: Rff { rff: mean(2.0), pos: mean(2.0), pct3: mean(5.0) },
        surw: Surw { surw: mean(3.0), pct3: mean(9.0), pos: mean(2.0), random: mean(4.0), urw: mean(14.0) },
        facade: Facade {
            random: mean_of_50(1.1),
            pct3: mean_of_50(1.5),
            pos: mean_of_50(1.1),
            urw: mean_of_50(1.1),
            surw: mean_of_50(1.1),
        },
    },
    Published {
        name: "deadlock01",
        rff: Rff { rff: mean(5.0), pos: mean(4.0), pct3: mean(20.0) },
        surw: Surw { surw: mean(2.0), pct3: mean(13.0), pos: mean(4.0), random: mean(3.0), urw: mean(3.0) },
        facade: Facade {
            random: mean_of_50(3.0),
            pct3: mean_of_50(6.0),
            pos: mean_of_50(3.8),
            urw: mean_of_50(2.5),
            surw: mean_of_50(3.0),
        },
    },
    Published {
        name: "lazy01",
        rff: Rff { rff: mean(6.0), pos: mean(5.0), pct3: mean(10.0) },
        surw: Surw { surw: mean(2.0), pct3: mean(5.0), pos: mean(5.0), random: mean(21.0), urw: mean(4.0) },
        facade: Facade {
            random: mean_of_50(1.6),
            pct3: mean_of_50(1.7),
            pos: mean_of_50(2.1),
            urw: mean_of_50(1.7),
            surw: mean_of_50(2.7),
        },
    },
    Published {
        name: "reorder_3",
        rff: Rff { rff: mean(7.0), pos: mean(223.0), pct3: mean(241.0) },
        surw: Surw { surw: mean(7.0), pct3: mean(185.0), pos: mean(86.0), random: NEVER, urw: mean(24.0) },
        facade: Facade {
            random: mean_of_50(11.9),
            pct3: mean_of_50(13.7),
            pos: mean_of_50(5.5),
            urw: mean_of_50(5.0),
            surw: mean_of_50(3.8),
        },
    },
    Published {
        name: "reorder_4",
        rff: Rff { rff: mean(6.0), pos: mean(1464.0), pct3: mean(395.0) },
        surw: Surw { surw: mean(7.0), pct3: mean(554.0), pos: mean(533.0), random: NEVER, urw: mean(22.0) },
        facade: Facade {
            random: mean_of_50(40.9),
            pct3: mean_of_50(26.7),
            pos: mean_of_50(15.0),
            urw: mean_of_50(6.7),
            surw: mean_of_50(5.8),
        },
    },
    Published {
        name: "reorder_5",
        rff: Rff { rff: mean(6.0), pos: some(4377.0, 17), pct3: mean(1126.0) },
        surw: Surw { surw: mean(10.0), pct3: mean(647.0), pos: mean(2169.0), random: NEVER, urw: mean(27.0) },
        facade: Facade {
            random: mean_of_50(122.6),
            pct3: mean_of_50(53.8),
            pos: mean_of_50(36.1),
            urw: mean_of_50(8.6),
            surw: mean_of_50(7.7),
        },
    },
    Published {
        name: "reorder_10",
        rff: Rff { rff: mean(6.0), pos: NEVER, pct3: mean(2356.0) },
        surw: Surw { surw: mean(17.0), pct3: some(3225.0, 16), pos: NEVER, random: NEVER, urw: mean(74.0) },
        facade: Facade {
            random: NEVER,
            pct3: mean_of_50(512.0),
            pos: some_of_50(3972.0, 37),
            urw: mean_of_50(27.0),
            surw: mean_of_50(11.1),
        },
    },
    Published {
        name: "reorder_20",
        rff: Rff { rff: mean(6.0), pos: NEVER, pct3: mean(2128.0) },
        surw: Surw { surw: mean(6.0), pct3: mean(3005.0), pos: NEVER, random: NEVER, urw: mean(10.0) },
        facade: Facade {
            random: NEVER,
            pct3: mean_of_50(190.0),
            pos: some_of_50(3893.0, 32),
            urw: mean_of_50(6.1),
            surw: mean_of_50(3.6),
        },
    },
    Published {
        name: "reorder_50",
        rff: Rff { rff: mean(6.0), pos: NEVER, pct3: some(12346.0, 7) },
        surw: Surw { surw: mean(13.0), pct3: some(3304.0, 6), pos: NEVER, random: NEVER, urw: mean(75.0) },
        facade: Facade {
            random: NEVER,
            pct3: some_of_50(4109.0, 6),
            pos: NEVER,
            urw: some_of_50(3013.0, 44),
            surw: mean_of_50(66.0),
        },
    },
    Published {
        name: "reorder_100",
        rff: Rff { rff: mean(6.0), pos: NEVER, pct3: some(7447.0, 1) },
        surw: Surw { surw: mean(194.0), pct3: NEVER, pos: NEVER, random: NEVER, urw: some(3785.0, 12) },
        facade: Facade {
            random: NEVER,
            pct3: NEVER,
            pos: NEVER,
            urw: some_of_50(2666.0, 2),
            surw: mean_of_50(103.0),
        },
    },
    Published {
        name: "stack",
        rff: Rff { rff: mean(2.0), pos: mean(2.0), pct3: mean(2.0) },
        surw: Surw {
            surw: mean(5.0),
            pct3: mean(3.0),
            pos: mean(2.0),
            random: mean(176.0),
            urw: some(986.0, 19),
        },
        facade: Facade {
            random: mean_of_50(1.7),
            pct3: mean_of_50(2.4),
            pos: mean_of_50(2.0),
            urw: mean_of_50(1.6),
            surw: mean_of_50(1.6),
        },
    },
    Published {
        name: "wronglock",
        rff: Rff { rff: mean(1.0), pos: mean(1.0), pct3: mean(88.0) },
        surw: Surw { surw: mean(7.0), pct3: mean(51.0), pos: mean(10.0), random: mean(36.0), urw: mean(4.0) },
        facade: Facade {
            random: mean_of_50(3.1),
            pct3: mean_of_50(13.0),
            pos: mean_of_50(3.1),
            urw: mean_of_50(3.2),
            surw: mean_of_50(4.7),
        },
    },
    Published {
        name: "WorkStealQueue",
        rff: Rff { rff: mean(10.0), pos: mean(10.0), pct3: mean(12.0) },
        surw: Surw { surw: mean(6.0), pct3: mean(48.0), pos: mean(12.0), random: UNKNOWN, urw: mean(13.0) },
        facade: Facade {
            random: mean_of_50(182.0),
            pct3: mean_of_50(28.0),
            pos: mean_of_50(22.9),
            urw: mean_of_50(3.8),
            surw: mean_of_50(4.7),
        },
    },
    Published {
        name: "StateWorkStealQueue",
        rff: Rff { rff: mean(1.0), pos: mean(1.0), pct3: some(12.0, 1) },
        surw: Surw { surw: mean(7.0), pct3: mean(842.0), pos: mean(6.0), random: UNKNOWN, urw: some(5.0, 3) },
        facade: Facade {
            random: mean_of_50(4.3),
            pct3: mean_of_50(661.0),
            pos: mean_of_50(7.1),
            urw: mean_of_50(2.5),
            surw: mean_of_50(17.9),
        },
    },
    Published {
        name: "boundedBuffer",
        rff: Rff { rff: mean(8.0), pos: mean(6.0), pct3: mean(15.0) },
        surw: Surw { surw: mean(9.0), pct3: mean(20.0), pos: mean(5.0), random: mean(7.0), urw: mean(7.0) },
        facade: NOT_ENCODED,
    },
    Published {
        name: "qsort_mt",
        rff: Rff { rff: mean(322.0), pos: mean(646.0), pct3: mean(3838.0) },
        surw: Surw {
            surw: some(3048.0, 19),
            pct3: some(4714.0, 14),
            pos: some(3004.0, 18),
            random: some(3442.0, 19),
            urw: mean(297.0),
        },
        facade: NOT_ENCODED,
    },
    Published {
        name: "CVE-2009-3547",
        rff: Rff { rff: mean(1.0), pos: mean(1.0), pct3: mean(6.0) },
        surw: Surw { surw: mean(4.0), pct3: mean(4.0), pos: mean(3.0), random: mean(5.0), urw: mean(5.0) },
        facade: NOT_ENCODED,
    },
    Published {
        name: "CVE-2011-2183",
        rff: Rff { rff: mean(2.0), pos: mean(2.0), pct3: mean(9.0) },
        surw: Surw { surw: mean(3.0), pct3: mean(5.0), pos: mean(2.0), random: mean(2.0), urw: mean(3.0) },
        facade: NOT_ENCODED,
    },
    Published {
        name: "CVE-2015-7550",
        rff: Rff { rff: mean(6.0), pos: mean(7.0), pct3: mean(8.0) },
        surw: Surw { surw: mean(6.0), pct3: mean(9.0), pos: mean(6.0), random: mean(1.0), urw: mean(2.0) },
        facade: Facade {
            random: mean_of_50(2.7),
            pct3: mean_of_50(6.2),
            pos: mean_of_50(4.0),
            urw: mean_of_50(2.4),
            surw: mean_of_50(3.0),
        },
    },
    Published {
        name: "CVE-2016-1972",
        rff: Rff { rff: mean(39.0), pos: mean(86.0), pct3: NEVER },
        surw: Surw {
            surw: mean(11.0),
            pct3: some(4902.0, 16),
            pos: mean(34.0),
            random: mean(299.0),
            urw: mean(34.0),
        },
        facade: NOT_ENCODED,
    },
    Published {
        name: "CVE-2016-1973",
        rff: Rff { rff: mean(3.0), pos: mean(7.0), pct3: mean(8.0) },
        surw: Surw {
            surw: mean(5.0),
            pct3: mean(10.0),
            pos: mean(5.0),
            random: mean(308.0),
            urw: mean(17.0),
        },
        facade: NOT_ENCODED,
    },
    Published {
        name: "CVE-2016-7911",
        rff: Rff { rff: mean(13.0), pos: mean(12.0), pct3: mean(16.0) },
        surw: Surw { surw: mean(8.0), pct3: mean(20.0), pos: mean(11.0), random: mean(3.0), urw: mean(6.0) },
        facade: Facade {
            random: mean_of_50(8.7),
            pct3: mean_of_50(9.3),
            pos: mean_of_50(6.1),
            urw: mean_of_50(3.3),
            surw: mean_of_50(3.3),
        },
    },
    Published {
        name: "CVE-2017-15265",
        rff: Rff { rff: mean(36.0), pos: NEVER, pct3: NEVER },
        surw: Surw { surw: NEVER, pct3: NEVER, pos: NEVER, random: NEVER, urw: NEVER },
        facade: Facade {
            random: mean_of_50(43.7),
            pct3: mean_of_50(4.3),
            pos: mean_of_50(5.2),
            urw: some_of_50(7.9, 40),
            surw: mean_of_50(5.4),
        },
    },
    Published {
        name: "SafeStack",
        rff: Rff { rff: NEVER, pos: NEVER, pct3: NEVER },
        surw: Surw { surw: some(368921.0, 19), pct3: NEVER, pos: NEVER, random: NEVER, urw: NEVER },
        facade: NOT_ENCODED,
    },
    Published {
        name: "bbuf",
        rff: Rff { rff: NEVER, pos: NEVER, pct3: NEVER },
        surw: Surw { surw: NEVER, pct3: UNKNOWN, pos: UNKNOWN, random: UNKNOWN, urw: UNKNOWN },
        facade: NOT_ENCODED,
    },
];
