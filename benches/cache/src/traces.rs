//! Traces: who asks for what, and how much it weighs. All are generated, from seeds: whoever runs this gets the same ones.

/// One request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) key: u64,
    /// The same for each request of a key.
    pub(crate) weight: u32,
}

/// A trace, and the capacity to replay it with.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) name: String,
    /// In the units of the weights.
    pub(crate) capacity: u64,
    pub(crate) requests: Vec<Request>,
}

impl Trace {
    fn new(name: impl Into<String>, capacity: u64, keys: impl Iterator<Item = u64>) -> Self {
        let requests = keys.map(|key| Request { key, weight: 1 }).collect();
        Trace { name: name.into(), capacity, requests }
    }

    /// The mean weight of what is asked for.
    pub(crate) fn mean_weight(&self) -> u64 {
        let sum: u64 = self.requests.iter().map(|request| u64::from(request.weight)).sum();
        sum / self.requests.len().max(1) as u64
    }
}

/// Requests of a trace.
const REQUESTS: usize = 1_000_000;
/// Keys of a Zipf trace.
const KEYS: u64 = 100_000;

/// All traces.
pub(crate) fn all() -> Vec<Trace> {
    let mut all = Vec::new();
    for (name, exponent) in [("0.8", 0.8), ("0.9", 0.9), ("1.0", 1.0), ("1.1", 1.1)] {
        for (share, capacity) in [("1%", KEYS / 100), ("10%", KEYS / 10)] {
            let zipf = Zipf::new(KEYS, exponent);
            let mut random = Random(7);
            let keys = (0..REQUESTS).map(|_| scattered(zipf.draw(&mut random)));
            all.push(Trace::new(format!("zipf {name}, {share}"), capacity, keys));
        }
    }
    all.push(Trace::new("loop, half fits", 5_000, (0..REQUESTS as u64).map(|at| at % 10_000)));
    all.push(Trace::new("loop, a tenth fits", 1_000, (0..REQUESTS as u64).map(|at| at % 10_000)));
    all.push(Trace::new("scan amid zipf", 5_000, scans(5)));
    all.push(Trace::new("popularity that moves", 2_000, moving(11)));
    all.push(Trace::new("bursts", 1_000, bursts(13)));
    all.push(mixed(17));
    all.push(sized(19, "sized, 1%", 100));
    all.push(sized(19, "sized, 10%", 10));
    all
}

/// Zipf 0.9, and now and then 20,000 keys in a row that never come back.
fn scans(seed: u64) -> impl Iterator<Item = u64> {
    let (zipf, mut random, mut next) = (Zipf::new(KEYS, 0.9), Random(seed), 1 << 40);
    (0..REQUESTS as u64).map(move |at| {
        if at % 100_000 < 20_000 {
            next += 1;
            return next;
        }
        scattered(zipf.draw(&mut random))
    })
}

/// Zipf 1.0 whose order of popularity changes by a tenth of the keys every 50,000 requests.
fn moving(seed: u64) -> impl Iterator<Item = u64> {
    let (zipf, mut random) = (Zipf::new(KEYS, 1.0), Random(seed));
    (0..REQUESTS as u64).map(move |at| {
        let moved = (at / 50_000) * (KEYS / 10);
        scattered((zipf.draw(&mut random) + moved) % KEYS)
    })
}

/// New things that are asked for a few times shortly after each other, and then never again.
fn bursts(seed: u64) -> impl Iterator<Item = u64> {
    let mut random = Random(seed);
    (0..REQUESTS as u64).map(move |at| {
        // About each key that came in the last 800 requests is asked for four times on the average.
        let back = random.below(200);
        scattered((at / 4 + 200).saturating_sub(back))
    })
}

/// Half Zipf, a quarter a loop, a quarter things that never come back.
fn mixed(seed: u64) -> Trace {
    let (zipf, mut random) = (Zipf::new(KEYS, 1.0), Random(seed));
    let (mut looped, mut once) = (0, 1 << 42);
    let keys = (0..REQUESTS).map(move |_| match random.below(4) {
        0 => {
            looped = (looped + 1) % 4_000;
            looped + (1 << 41)
        }
        1 => {
            once += 1;
            once
        }
        _ => scattered(zipf.draw(&mut random)),
    });
    Trace::new("mixed", 5_000, keys)
}

/// Zipf 0.9 of objects with log-normal sizes, as on the web: the median is 4 KiB, the mean some 17 KiB.
fn sized(seed: u64, name: &str, divisor: u64) -> Trace {
    let (zipf, mut random) = (Zipf::new(KEYS, 0.9), Random(seed));
    let size = |key: u64| {
        let mut random = Random(key.wrapping_mul(0xa076_1d64_78bd_642f) | 1);
        let normal = (0..12).map(|_| random.unit()).sum::<f64>() - 6.0;
        (8.3 + 1.7 * normal).exp().clamp(64.0, 16e6) as u32
    };
    let requests: Vec<_> = (0..REQUESTS)
        .map(|_| {
            let key = scattered(zipf.draw(&mut random));
            Request { key, weight: size(key) }
        })
        .collect();
    let total: u64 = (0..KEYS).map(|key| u64::from(size(scattered(key)))).sum();
    Trace { name: name.to_owned(), capacity: total / divisor, requests }
}

/// Keys that are near each other in popularity are not near each other as numbers.
fn scattered(key: u64) -> u64 {
    key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 8
}

/// A generator that is the same everywhere (SplitMix64, Steele, Lea, Flood 2014).
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// From 0 to below 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Draws key 0 most often, key `n` in proportion to `1 / (n + 1)^exponent`.
struct Zipf {
    cumulated: Vec<f64>,
}

impl Zipf {
    fn new(keys: u64, exponent: f64) -> Self {
        let mut sum = 0.0;
        let cumulated = (0..keys).map(|key| {
            sum += ((key + 1) as f64).powf(-exponent);
            sum
        });
        Zipf { cumulated: cumulated.collect() }
    }

    fn draw(&self, random: &mut Random) -> u64 {
        let at = random.unit() * self.cumulated.last().copied().unwrap_or(1.0);
        self.cumulated.partition_point(|sum| *sum <= at) as u64
    }
}
