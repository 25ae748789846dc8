//! The rules of a key risk indicator: one measured number with a direction and two thresholds.
//!
//! A KRI keeps samples and never overwrites one. From the latest sample of each subject (a project, an image, a host,
//! an account) and integration, [`aggregate()`] makes its value; [`judge`] gives the value a colour; [`trend()`] says where
//! it goes; [`fresh_until`] says how long to believe it. Unknown is not good: what could not be had never reads as
//! green, and going dark never improves anything.

mod aggregate;
mod downsample;
mod fresh;
mod status;
mod trend;
mod value;
mod words;

pub use aggregate::{Aggregate, Reading, aggregate};
pub use downsample::downsample;
pub use fresh::fresh_until;
pub use status::{Scale, Thresholds, judge};
pub use trend::{TrendLine, trend};
pub use value::{Flaw, check};
pub use words::{Aggregation, Direction, Quality, SourceKind, State, Status, Trend, Unit};
