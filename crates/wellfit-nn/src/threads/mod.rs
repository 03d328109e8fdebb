//! What the threads of both engines share: work that is handed out, memory on which each
//! works for itself, and the place where they meet.

pub mod barrier;
pub mod share_out;
pub mod shared;
