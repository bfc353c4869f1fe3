"""Measure: scores against labelled pictures."""

from inkread.metrics.evaluation import Evaluation, SetEvaluation, evaluate

__all__ = ["Evaluation", "SetEvaluation", "evaluate"]
