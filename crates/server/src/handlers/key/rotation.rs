//! What is done to a rotation under way (K7): extended, finished, rolled back.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::rotation::{NotRotating, RotationStep};
use domain::token::Touch;
use protocol::key::KeyView;
use protocol::path;
use protocol::problem::ProblemCode;
use store::rotation;

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::operation::Written;
use crate::parameters::OneKey;
use crate::refusal::Refusal;
use crate::work::Work;

/// Extend, finish or roll back a rotation
///
/// Finishing ends the old secret now; rolling back ends the new one, and the old one stays.
#[utoipa::path(post, path = path::KEY_ROTATION, tag = "keys", operation_id = "step_rotation",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("key_id" = domain::id::KeyId, Path, description = "The key."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = RotationStep,
    responses((status = 200, description = "The key.", body = KeyView)))]
pub(crate) async fn rotation(
    State(app): State<App>,
    caller: Caller,
    one: OneKey,
    Written {
        operation,
        body: step,
    }: Written<RotationStep>,
) -> Result<Answer, Refusal> {
    let touch = Touch::Rotate;
    let (mut work, key) = match Work::begin_on_key(&app, &caller, one, operation, touch).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(begun) => begun,
    };
    let id = key.id;

    step.check()
        .map_err(|refusal| Refusal::field("overlap_seconds", refusal.to_string()))?;
    let now = work.at();
    let under_way = key
        .rotation(now)
        .ok_or_else(|| Refusal::new(ProblemCode::Refused, NotRotating.to_string()))?;
    let (name, old) = (key.name.to_string(), under_way.old);
    let event = match step {
        RotationStep::Extend { overlap_seconds } => {
            let to = now.plus_seconds(i64::from(overlap_seconds));
            rotation::set_end(&mut work.write, id, old, Some(to)).await?;
            Event::RotationExtended {
                key: id,
                name,
                old,
                from: under_way.ends_at,
                to,
            }
        }
        RotationStep::Finish => {
            rotation::end(&mut work.write, id, old).await?;
            Event::RotationFinished { key: id, name, old }
        }
        RotationStep::RollBack => {
            rotation::set_end(&mut work.write, id, old, None).await?;
            rotation::end(&mut work.write, id, under_way.new).await?;
            Event::RotationRolledBack {
                key: id,
                name,
                new: under_way.new,
            }
        }
    };

    work.end_on_key(StatusCode::OK, id, event).await
}
