//! wellfit
