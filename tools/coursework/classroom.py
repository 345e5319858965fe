"""Grade a class: one process a student, a few at a time, whatever each of them does."""

import multiprocessing
import os
import signal
import time
from multiprocessing.connection import wait

from tqdm import tqdm

from tools.coursework import checks, grade, rebuild, record, sandbox
from tools.coursework.course import same_person
from tools.coursework.inside import PATIENCE
from tools.coursework.record import FAILED, GRADED, MISSING, Record

SLACK = 60  # seconds a student's grader may take beyond the limits of the sandbox
tqdm.monitor_interval = 0  # no thread beside the ones that fork


def grade_class(course, assignment, submissions, workers=None, unsafe=False):
    """A record of every student, in the order of `submissions`; keeps finished ones."""
    sandbox.check(unsafe)
    folder = course.work(assignment.name)
    assignment = assignment.stamped(course.code)
    record.list_class(folder, [s.student for s in submissions])
    waiting = []
    for submission in submissions:
        mark = record.fingerprint(assignment, course, submission)
        old = record.read(folder, submission.student)
        if not (old and old.fingerprint == mark):
            waiting.append((submission, mark))
    jobs = Jobs(course, assignment, unsafe)
    with tqdm(total=len(submissions), desc=assignment.name, unit="student") as bar:
        bar.update(len(submissions) - len(waiting))
        for done in jobs.all(waiting, workers or os.cpu_count() or 1):
            record.write(folder, done)
            bar.update()
    return record.read_all(folder)


class Jobs:
    """Processes that grade, each for one student; places are numbers of workers."""

    def __init__(self, course, assignment, unsafe):
        self.course, self.assignment, self.unsafe = course, assignment, unsafe
        self.far_cpu = 0.0  # of the sandbox, in the process of one student
        self.limit = SLACK + assignment.matter["seconds"] * (sandbox.ALL + PATIENCE)
        self.fork = multiprocessing.get_context("fork")

    def all(self, waiting, workers):
        """Grade all, `workers` at a time; yields records as they are finished."""
        waiting, running, free = list(waiting), {}, list(range(workers))
        try:
            while waiting or running:
                while waiting and free:
                    job = self.start(*waiting.pop(0), free.pop())
                    running[job.receiving] = job
                for receiving in wait(list(running), timeout=1):
                    job = running.pop(receiving)
                    free.append(job.place)
                    yield self.finished(job)
                for job in running.values():
                    if time.monotonic() > job.deadline:
                        job.process.kill()
        finally:
            for job in running.values():
                job.process.terminate()
                job.process.join()

    def start(self, submission, mark, place):
        receiving, sending = self.fork.Pipe(duplex=False)
        process = self.fork.Process(
            target=self.work, args=(submission, place, sending), daemon=True
        )
        process.start()
        sending.close()
        deadline = time.monotonic() + self.limit
        return Job(process, receiving, submission, mark, place, deadline)

    def work(self, submission, place, sending):
        """Runs in the student's own grader process."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the class is stopped, not one
        found = self.graded(submission, place)
        found.cpu_seconds = round(time.process_time() + self.far_cpu, 3)
        sending.send(found)
        sending.close()

    def finished(self, job):
        """The record of a job that has ended, whichever way."""
        try:
            found = job.receiving.recv()
        except EOFError:
            reason = "grading it took too long or too much memory and was stopped"
            found = Record(job.submission.student, FAILED, reason)
        job.receiving.close()
        job.process.join()
        found.fingerprint = job.mark
        return found

    def graded(self, submission, place):
        """The record of one submission."""
        student, notes = submission.student, list(submission.notes)
        if submission.missing:
            return Record(student, MISSING, submission.missing, notes)
        if submission.failed:
            return Record(student, FAILED, submission.failed, notes)
        try:
            cells, remarks = rebuild.rebuilt(
                rebuild.read(submission.path), self.assignment
            )
            outcome = self.evaluated(student, cells, place, notes)
        except (rebuild.BadNotebook, checks.Ended) as error:
            return Record(student, FAILED, str(error), notes)
        return Record(
            student,
            GRADED,
            notes=notes + remarks,
            scores=outcome.scores,
            messages=outcome.messages,
            written=outcome.written,
        )

    def evaluated(self, student, cells, place, notes):
        """Run the cells of one student in the sandbox."""
        matter = self.assignment.matter
        course, name = self.course, self.assignment.name
        trusted = checks.trusted_names(course.code, course.secret, name, student)
        limits = {key: matter[key] for key in ("package", "seconds", "memory_mb")}
        process = sandbox.Process(place, **limits, unsafe=self.unsafe)
        try:
            far = checks.Student(process.send)
            outcome = grade.evaluate(self.assignment, cells, far, trusted)
            notes += [n for n in [id_problem(far, student)] if n]
            return outcome
        finally:
            process.close()
            self.far_cpu = process.cpu


class Job:
    """A running process and what it was started for."""

    def __init__(self, process, receiving, submission, mark, place, deadline):
        self.process, self.receiving = process, receiving
        self.submission, self.mark = submission, mark
        self.place, self.deadline = place, deadline


def id_problem(far, student):
    """What is wrong with the id that the notebook states, if anything."""
    try:
        stated = far.ask(do="get", name="student_id")
    except checks.Ended:
        raise
    except Exception:
        return "the notebook states no student_id"
    if not isinstance(stated, str) or not stated.strip():
        return "student_id was left empty"
    if not same_person(stated, student):
        return f"the notebook says student_id {stated[:40]!r}, handed in as {student!r}"
    return None
