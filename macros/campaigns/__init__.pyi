from .chunk import (
    make_chunk as make_chunk,
    run_chunk as run_chunk,
)
from .creation import (
    Draft as Draft,
    PlanSettings as PlanSettings,
    check_free as check_free,
    chosen_seed as chosen_seed,
    create as create,
    draft as draft,
)
from .directory import (
    Campaign as Campaign,
    Chunk as Chunk,
    read_campaign as read_campaign,
)
from .engine import (
    RETRIES as RETRIES,
    Outcome as Outcome,
    run_campaign as run_campaign,
)
from .joining import (
    advise_on_chunks as advise_on_chunks,
    check_chunks as check_chunks,
    join_chunks as join_chunks,
    judge_campaign as judge_campaign,
)
from .notes import (
    Notes as Notes,
)
from .plan import (
    Cost as Cost,
    cost_of as cost_of,
)
from .processes import (
    Processes as Processes,
)
from .state import (
    State as State,
    read_state as read_state,
)
from .tasks import (
    Request as Request,
    find_task as find_task,
    read_request as read_request,
    task_names as task_names,
)
from .worker import (
    Job as Job,
    Report as Report,
    work as work,
)
