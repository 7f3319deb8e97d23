from .arrays import (
    ArrayJobs as ArrayJobs,
    htcondor_text as htcondor_text,
    slurm_text as slurm_text,
)
from .connections import (
    Connection as Connection,
    SchedulerAddress as SchedulerAddress,
    find_scheduler as find_scheduler,
)
from .executor import (
    DaskExecutor as DaskExecutor,
)
from .jobqueue import (
    JobQueue as JobQueue,
    dask_executor as dask_executor,
)
from .settings import (
    JobSettings as JobSettings,
    read_cluster as read_cluster,
)
