//! The Universal Scalability Law, fitted to measured points, and Little's law.
//!
//! Gunther's law says what N clients get of a system that one client gets λ of:
//! X(N) = λN / (1 + σ(N − 1) + κN(N − 1)). σ is the share of the work that is done by one at a time (contention), κ what each
//! pays for each other one (coherency). With κ > 0 there is a peak, at N = √((1 − σ) / κ), and beyond it more clients get less.
//! N. J. Gunther, *Guerrilla Capacity Planning*, 2007.

use serde::Serialize;

/// The law with its three numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Law {
    /// Requests per second of one client.
    pub(crate) lambda: f64,
    /// Contention.
    pub(crate) sigma: f64,
    /// Coherency.
    pub(crate) kappa: f64,
    /// How much of the points' variance it explains; 1 is all.
    pub(crate) r_squared: f64,
}

/// What stands beside a, b and c for N clients.
type Terms = fn(f64) -> [f64; 3];

impl Law {
    /// The law that is closest to the points `(N, X)`; none for fewer than three, or when nothing was answered.
    ///
    /// N / X = a + b(N − 1) + cN(N − 1) is linear in a = 1/λ, b = σ/λ, c = κ/λ, so this is least squares: of the relative
    /// error, since else the slow points would decide alone. Neither b nor c may be negative, and σ is 1 at most: where that
    /// would not hold, the best law at that bound is taken.
    pub(crate) fn fit(points: &[(f64, f64)]) -> Option<Law> {
        let points: Vec<(f64, f64)> = points.iter().copied().filter(|(_, x)| *x > 0.0).collect();
        if points.len() < 3 {
            return None;
        }
        // For σ = 1 the terms of a and b are one.
        let free = |n: f64| [1.0, n - 1.0, n * (n - 1.0)];
        let serial = |n: f64| [n, 0.0, n * (n - 1.0)];
        let forms: [(Terms, [bool; 3]); 6] = [
            (free, [true, true, true]),
            (free, [true, true, false]),
            (free, [true, false, true]),
            (free, [true, false, false]),
            (serial, [true, false, true]),
            (serial, [true, false, false]),
        ];
        let fitted = forms.into_iter().enumerate().filter_map(|(index, (terms, used))| {
            let rows = points.iter().map(|(n, x)| {
                // Divided by what is to be met, which is N / X: the right side is 1.
                let mut row = terms(*n).map(|term| term * x / n);
                row.iter_mut().zip(used).filter(|(_, used)| !used).for_each(|(term, _)| *term = 0.0);
                row
            });
            let rows: Vec<[f64; 3]> = rows.collect();
            let mut solution = least_squares(&rows, used)?;
            let error: f64 = rows.iter().map(|row| (dot(row, &solution) - 1.0).powi(2)).sum();
            if index >= 4 {
                solution[1] = solution[0];
            }
            let [a, b, c] = solution;
            (a > 0.0 && (0.0..=a).contains(&b) && c >= 0.0).then_some((error, solution))
        });
        let fitted = fitted.min_by(|one, other| one.0.total_cmp(&other.0))?;
        let [a, b, c] = fitted.1;
        let mut law = Law { lambda: 1.0 / a, sigma: b / a, kappa: c / a, r_squared: 0.0 };
        law.r_squared = law.explained(&points);
        Some(law)
    }

    /// What `n` clients get.
    pub(crate) fn throughput(&self, n: f64) -> f64 {
        self.lambda * n / (1.0 + self.sigma * (n - 1.0) + self.kappa * n * (n - 1.0))
    }

    /// From how many clients on more get less; none if they never do.
    pub(crate) fn peak(&self) -> Option<f64> {
        (self.kappa > 0.0).then(|| ((1.0 - self.sigma).max(0.0) / self.kappa).sqrt().max(1.0))
    }

    /// The coefficient of determination.
    fn explained(&self, points: &[(f64, f64)]) -> f64 {
        let mean = points.iter().map(|(_, x)| x).sum::<f64>() / points.len() as f64;
        let all: f64 = points.iter().map(|(_, x)| (x - mean).powi(2)).sum();
        let left: f64 = points.iter().map(|(n, x)| (x - self.throughput(*n)).powi(2)).sum();
        if all > 0.0 { 1.0 - left / all } else { 1.0 }
    }
}

/// Little's law, N = X·R: with N clients who wait for nothing else a response takes at least N / X, X being the most that is
/// ever served.
pub(crate) fn response_us_min(n: f64, per_s_max: f64) -> f64 {
    n / per_s_max * 1e6
}

fn dot(one: &[f64; 3], other: &[f64; 3]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// Solves the normal equations for right sides of 1, in the terms that are used; none if they do not say all of them.
fn least_squares(rows: &[[f64; 3]], used: [bool; 3]) -> Option<[f64; 3]> {
    let mut m = [[0.0; 4]; 3];
    for i in 0..3 {
        for j in 0..3 {
            m[i][j] = rows.iter().map(|row| row[i] * row[j]).sum();
        }
        m[i][3] = rows.iter().map(|row| row[i]).sum();
        if !used[i] {
            m[i][i] = 1.0;
        }
    }
    // Gauss and Jordan, with the largest pivot. The terms differ by orders of magnitude, so "nothing" is relative.
    for column in 0..3 {
        let scale = rows.iter().map(|row| row[column].powi(2)).sum::<f64>().max(f64::MIN_POSITIVE);
        let pivot = (column..3).max_by(|a, b| m[*a][column].abs().total_cmp(&m[*b][column].abs()))?;
        m.swap(column, pivot);
        if used[column] && m[column][column].abs() < scale * 1e-12 {
            return None;
        }
        let row = m[column].map(|value| value / m[column][column]);
        m[column] = row;
        for (other, values) in m.iter_mut().enumerate() {
            if other != column {
                let factor = values[column];
                values.iter_mut().zip(row).for_each(|(value, part)| *value -= factor * part);
            }
        }
    }
    Some([m[0][3], m[1][3], m[2][3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVELS: [f64; 6] = [1.0, 4.0, 16.0, 64.0, 256.0, 1024.0];

    fn points(law: &Law) -> Vec<(f64, f64)> {
        LEVELS.iter().map(|n| (*n, law.throughput(*n))).collect()
    }

    #[test]
    fn a_law_is_found_in_its_own_points() {
        for (sigma, kappa) in [(0.25, 4.7e-4), (0.0, 1e-4), (0.3, 0.0), (0.0, 0.0), (0.02, 0.01)] {
            let law = Law { lambda: 14_800.0, sigma, kappa, r_squared: 1.0 };
            let fitted = Law::fit(&points(&law)).unwrap();
            assert!((fitted.lambda / law.lambda - 1.0).abs() < 1e-6, "{fitted:?} of {law:?}");
            assert!((fitted.sigma - sigma).abs() < 1e-6, "{fitted:?} of {law:?}");
            assert!((fitted.kappa - kappa).abs() < 1e-8, "{fitted:?} of {law:?}");
            assert!(fitted.r_squared > 0.999_999);
            assert_eq!(fitted.peak().is_some(), kappa > 0.0);
        }
    }

    #[test]
    fn the_peak_is_where_the_law_says() {
        let law = Law { lambda: 1.0, sigma: 0.25, kappa: 4.7e-4, r_squared: 1.0 };
        let peak = law.peak().unwrap();
        assert!((39.0..41.0).contains(&peak), "{peak}");
        assert!(law.throughput(peak) >= law.throughput(peak - 1.0));
        assert!(law.throughput(peak) >= law.throughput(peak + 1.0));
    }

    #[test]
    fn no_share_is_negative() {
        // More than linear at first: contention would have to be negative.
        let fitted = Law::fit(&[(1.0, 10.0), (2.0, 40.0), (4.0, 120.0), (8.0, 200.0)]).unwrap();
        assert!(fitted.sigma >= 0.0 && fitted.kappa >= 0.0 && fitted.lambda > 0.0, "{fitted:?}");
        // Less from the second on.
        let fitted = Law::fit(&[(1.0, 100.0), (2.0, 80.0), (4.0, 70.0), (8.0, 50.0)]).unwrap();
        assert!(fitted.sigma <= 1.0 && fitted.kappa >= 0.0, "{fitted:?}");
        assert!(fitted.peak().is_some_and(|peak| peak < 4.0), "{fitted:?}");
    }

    #[test]
    fn too_little_gives_no_law() {
        assert_eq!(Law::fit(&[(1.0, 10.0), (2.0, 20.0)]), None);
        assert_eq!(Law::fit(&[(1.0, 0.0), (2.0, 0.0), (4.0, 0.0)]), None);
    }
}
