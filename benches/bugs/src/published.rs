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

/// A published figure.
#[derive(Clone, Copy, Debug, PartialEq)]
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
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// The program.
    pub name: &'static str,
    /// RFF's artifact: RFF, POS, PCT with depth 3.
    pub rff: [Figure; 3],
    /// SURW's artifact: SURW, PCT with depth 3, POS, random walk, URW.
    pub surw: [Figure; 5],
    /// At the facade's granularity: random walk, PCT with depth 3, POS, URW, SURW.
    pub facade: [Figure; 5],
}

const UNKNOWN: Figure = Figure::Unknown;
const NEVER: Figure = Figure::Never;

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
        rff: [mean(1.0), mean(1.0), mean(9.0)],
        surw: [mean(6.0), mean(4.0), mean(4.0), mean(18.0), mean(3.0)],
        facade: [mean_of_50(11.0), mean_of_50(5.8), mean_of_50(5.2), mean_of_50(5.3), mean_of_50(4.2)],
    },
    Published {
        name: "bluetooth_driver",
        rff: [mean(45.0), mean(72.0), mean(161.0)],
        surw: [mean(70.0), mean(112.0), mean(36.0), mean(215.0), some(1494.0, 19)],
        facade: [
            mean_of_50(20.4),
            mean_of_50(20.5),
            mean_of_50(16.6),
            some_of_50(53.0, 32),
            mean_of_50(19.8),
        ],
    },
    Published {
        name: "carter01",
        rff: [mean(2.0), mean(2.0), mean(5.0)],
        surw: [UNKNOWN, mean(5.0), mean(2.0), mean(1.0), UNKNOWN],
        facade: [mean_of_50(1.7), mean_of_50(2.6), mean_of_50(2.2), mean_of_50(1.6), mean_of_50(1.9)],
    },
    Published {
        name: "circular_buffer",
        rff: [mean(2.0), mean(2.0), mean(5.0)],
        surw: [mean(3.0), mean(9.0), mean(2.0), mean(4.0), mean(14.0)],
        facade: [mean_of_50(1.1), mean_of_50(1.5), mean_of_50(1.1), mean_of_50(1.1), mean_of_50(1.1)],
    },
    Published {
        name: "deadlock01",
        rff: [mean(5.0), mean(4.0), mean(20.0)],
        surw: [mean(2.0), mean(13.0), mean(4.0), mean(3.0), mean(3.0)],
        facade: [mean_of_50(3.0), mean_of_50(6.0), mean_of_50(3.8), mean_of_50(2.5), mean_of_50(3.0)],
    },
    Published {
        name: "lazy01",
        rff: [mean(6.0), mean(5.0), mean(10.0)],
        surw: [mean(2.0), mean(5.0), mean(5.0), mean(21.0), mean(4.0)],
        facade: [mean_of_50(1.6), mean_of_50(1.7), mean_of_50(2.1), mean_of_50(1.7), mean_of_50(2.7)],
    },
    Published {
        name: "reorder_3",
        rff: [mean(7.0), mean(223.0), mean(241.0)],
        surw: [mean(7.0), mean(185.0), mean(86.0), NEVER, mean(24.0)],
        facade: [mean_of_50(11.9), mean_of_50(13.7), mean_of_50(5.5), mean_of_50(5.0), mean_of_50(3.8)],
    },
    Published {
        name: "reorder_4",
        rff: [mean(6.0), mean(1464.0), mean(395.0)],
        surw: [mean(7.0), mean(554.0), mean(533.0), NEVER, mean(22.0)],
        facade: [mean_of_50(40.9), mean_of_50(26.7), mean_of_50(15.0), mean_of_50(6.7), mean_of_50(5.8)],
    },
    Published {
        name: "reorder_5",
        rff: [mean(6.0), some(4377.0, 17), mean(1126.0)],
        surw: [mean(10.0), mean(647.0), mean(2169.0), NEVER, mean(27.0)],
        facade: [mean_of_50(122.6), mean_of_50(53.8), mean_of_50(36.1), mean_of_50(8.6), mean_of_50(7.7)],
    },
    Published {
        name: "reorder_10",
        rff: [mean(6.0), NEVER, mean(2356.0)],
        surw: [mean(17.0), some(3225.0, 16), NEVER, NEVER, mean(74.0)],
        facade: [NEVER, mean_of_50(512.0), some_of_50(3972.0, 37), mean_of_50(27.0), mean_of_50(11.1)],
    },
    Published {
        name: "reorder_20",
        rff: [mean(6.0), NEVER, mean(2128.0)],
        surw: [mean(6.0), mean(3005.0), NEVER, NEVER, mean(10.0)],
        facade: [NEVER, mean_of_50(190.0), some_of_50(3893.0, 32), mean_of_50(6.1), mean_of_50(3.6)],
    },
    Published {
        name: "reorder_50",
        rff: [mean(6.0), NEVER, some(12346.0, 7)],
        surw: [mean(13.0), some(3304.0, 6), NEVER, NEVER, mean(75.0)],
        facade: [NEVER, some_of_50(4109.0, 6), NEVER, some_of_50(3013.0, 44), mean_of_50(66.0)],
    },
    Published {
        name: "reorder_100",
        rff: [mean(6.0), NEVER, some(7447.0, 1)],
        surw: [mean(194.0), NEVER, NEVER, NEVER, some(3785.0, 12)],
        facade: [NEVER, NEVER, NEVER, some_of_50(2666.0, 2), mean_of_50(103.0)],
    },
    Published {
        name: "stack",
        rff: [mean(2.0), mean(2.0), mean(2.0)],
        surw: [mean(5.0), mean(3.0), mean(2.0), mean(176.0), some(986.0, 19)],
        facade: [mean_of_50(1.7), mean_of_50(2.4), mean_of_50(2.0), mean_of_50(1.6), mean_of_50(1.6)],
    },
    Published {
        name: "wronglock",
        rff: [mean(1.0), mean(1.0), mean(88.0)],
        surw: [mean(7.0), mean(51.0), mean(10.0), mean(36.0), mean(4.0)],
        facade: [mean_of_50(3.1), mean_of_50(13.0), mean_of_50(3.1), mean_of_50(3.2), mean_of_50(4.7)],
    },
    Published {
        name: "WorkStealQueue",
        rff: [mean(10.0), mean(10.0), mean(12.0)],
        surw: [mean(6.0), mean(48.0), mean(12.0), UNKNOWN, mean(13.0)],
        facade: [mean_of_50(182.0), mean_of_50(28.0), mean_of_50(22.9), mean_of_50(3.8), mean_of_50(4.7)],
    },
    Published {
        name: "StateWorkStealQueue",
        rff: [mean(1.0), mean(1.0), some(12.0, 1)],
        surw: [mean(7.0), mean(842.0), mean(6.0), UNKNOWN, some(5.0, 3)],
        facade: [mean_of_50(4.3), mean_of_50(661.0), mean_of_50(7.1), mean_of_50(2.5), mean_of_50(17.9)],
    },
    Published {
        name: "boundedBuffer",
        rff: [mean(8.0), mean(6.0), mean(15.0)],
        surw: [mean(9.0), mean(20.0), mean(5.0), mean(7.0), mean(7.0)],
        facade: [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN],
    },
    Published {
        name: "qsort_mt",
        rff: [mean(322.0), mean(646.0), mean(3838.0)],
        surw: [some(3048.0, 19), some(4714.0, 14), some(3004.0, 18), some(3442.0, 19), mean(297.0)],
        facade: [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN],
    },
    Published {
        name: "CVE-2009-3547",
        rff: [mean(1.0), mean(1.0), mean(6.0)],
        surw: [mean(4.0), mean(4.0), mean(3.0), mean(5.0), mean(5.0)],
        facade: [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN],
    },
    Published {
        name: "CVE-2011-2183",
        rff: [mean(2.0), mean(2.0), mean(9.0)],
        surw: [mean(3.0), mean(5.0), mean(2.0), mean(2.0), mean(3.0)],
        facade: [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN],
    },
    Published {
        name: "CVE-2015-7550",
        rff: [mean(6.0), mean(7.0), mean(8.0)],
        surw: [mean(6.0), mean(9.0), mean(6.0), mean(1.0), mean(2.0)],
        facade: [mean_of_50(2.7), mean_of_50(6.2), mean_of_50(4.0), mean_of_50(2.4), mean_of_50(3.0)],
    },
    Published {
        name: "CVE-2016-1972",
        rff: [mean(39.0), mean(86.0), NEVER],
        surw: [mean(11.0), some(4902.0, 16), mean(34.0), mean(299.0), mean(34.0)],
        facade: [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN],
    },
    Published {
        name: "CVE-2016-1973",
        rff: [mean(3.0), mean(7.0), mean(8.0)],
        surw: [mean(5.0), mean(10.0), mean(5.0), mean(308.0), mean(17.0)],
        facade: [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN],
    },
    Published {
        name: "CVE-2016-7911",
        rff: [mean(13.0), mean(12.0), mean(16.0)],
        surw: [mean(8.0), mean(20.0), mean(11.0), mean(3.0), mean(6.0)],
        facade: [mean_of_50(8.7), mean_of_50(9.3), mean_of_50(6.1), mean_of_50(3.3), mean_of_50(3.3)],
    },
    Published {
        name: "CVE-2017-15265",
        rff: [mean(36.0), NEVER, NEVER],
        surw: [NEVER, NEVER, NEVER, NEVER, NEVER],
        facade: [mean_of_50(43.7), mean_of_50(4.3), mean_of_50(5.2), some_of_50(7.9, 40), mean_of_50(5.4)],
    },
    Published {
        name: "SafeStack",
        rff: [NEVER, NEVER, NEVER],
        surw: [some(368921.0, 19), NEVER, NEVER, NEVER, NEVER],
        facade: [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN],
    },
    Published {
        name: "bbuf",
        rff: [NEVER, NEVER, NEVER],
        surw: [NEVER, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN],
        facade: [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN],
    },
];
