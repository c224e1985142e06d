"""Jobs: work that a person need not wait for, that can be watched and ended, and that goes on after a crash."""

from app.services.jobs.asking import any_unfinished, cancel, get, give_up, go_on, listed, path_of, retry, submit
from app.services.jobs.cards import Job, JobFile, Spec

__all__ = ["Job", "JobFile", "Spec", "any_unfinished", "cancel", "get", "give_up", "go_on", "listed", "path_of", "retry", "submit"]
