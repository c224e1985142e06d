## Jobs: errors

error-job-not-found = There is no job { $job }.
    .hint = It may have been put away: jobs and their files are kept for a week.
error-job-not-ended = The job is { $state }: only one that failed or was cancelled can be tried again.
    .hint = Cancel it first, or wait until it has ended.
error-job-file-gone = The file { $file } is no longer here.
    .hint = Files are kept for a week: export again.
error-job-process-died = The process that made the file ended by itself (signal { NUMBER($signal, useGrouping: 0) }): most likely there was no memory left.
    .hint = Close other programs and try again, or write smaller shards; what is written already is kept.
error-job-given-up = The job took { $count } processes with it and was given up.
    .hint = Look at the log of the server; a smaller shard size needs less memory.
error-worker-lost = No worker process could be started.
    .hint = Look at the log of the server, then try again.
error-job-failed-as = The job failed: { $code }.
    .hint = Try it again.
error-check-is-job = Torch is still being asked whether it loads: job { $job } does it.
    .hint = Take it as soon as the job is done; nothing leaves before torch has answered.
error-export-is-job = The file takes a while to write: job { $job } does it.
    .hint = Ask for the job, or start exports by POST and follow what they answer.
error-export-is-several = The export consists of { $count } files: job { $job } holds them.
    .hint = Ask for the job's files one by one, or for its archive.
