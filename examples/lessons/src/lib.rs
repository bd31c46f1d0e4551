//! Lessons of one's own, one a file, and the lab that shows them.

pub mod lost_deposit;

use unsnarl::lab::{Chapter, web::Lab};

/// A lab with our chapter before the course.
pub fn lab() -> Lab {
    Lab::new().chapter(Chapter {
        title: "Our bank",
        about: "Bugs that we had.",
        lessons: &[lost_deposit::LESSON],
    })
}
