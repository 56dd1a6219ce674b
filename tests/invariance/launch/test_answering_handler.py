"""Handlers that log messages of their own do not wait for each other."""

import logging
import threading

from invariance.launch.answering_handler import AnsweringHandler


def test_two_handlers_that_answer_at_the_same_time():
    log = logging.Logger("of this test")
    both, answers = threading.Barrier(2, timeout=20), []

    class Answers(AnsweringHandler):
        def __init__(self, question):
            super().__init__()
            self.question = question

        def emit(self, record):
            if record.msg == self.question:
                both.wait()  # each is in its handler, before it logs
                log.info("answer")
            elif record.msg == "answer":
                answers.append(self.question)

    for question in ("first", "second"):
        log.addHandler(Answers(question))
    threads = [
        threading.Thread(target=log.info, args=[one], daemon=True) for one in ("first", "second")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    assert sorted(answers) == ["first", "first", "second", "second"]
