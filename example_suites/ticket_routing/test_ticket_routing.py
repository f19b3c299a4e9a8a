"""The eval: 515 tickets in 14 categories, none of which the desk has seen. Does each reach the right team?"""

import desk
import pytest


@pytest.mark.dimension("routing", "urgency", "order number")
@pytest.mark.cases("tickets/test.jsonl")
def test_a_ticket_reaches_the_right_team(case, evalcase):
    handled = desk.receive(case["subject"], case["text"])
    urgent = case["labels"]["urgent"] == "yes"

    evalcase.record(input=f"{case['subject']}\n\n{case['text']}", output=handled._asdict())
    evalcase.predict(expected=case["category"], predicted=handled.category, confidence=handled.confidence)
    evalcase.check("routing", handled.category == case["category"], f"sent to {handled.category}")
    evalcase.check("urgency", handled.urgent == urgent, "flagged" if handled.urgent else "not flagged")
    evalcase.check("order number", handled.order == case["order"], f"found {handled.order or 'none'}")
