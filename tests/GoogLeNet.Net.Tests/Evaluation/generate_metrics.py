#!/usr/bin/python3
"""Writes metrics.json for MetricsTests.cs: probabilities of 60 images in five classes, and scikit-learn's figures for them.

Class "never" is never the most probable, class "absent" is no image's. Run with scikit-learn 1.2.1.
"""
import json
import math
import os

from sklearn import metrics

CLASSES = ["ant", "bee", "cat", "never", "absent"]


def row(i, label):
    """Softmax of reproducible scores that favour the label, without ties; rounded so that JSON holds them exactly."""
    scores = [3 * math.sin(12.9898 * (5 * i + k) + 0.5) + (2.0 if k == label else 0.0) - (12.0 if k == 3 else 0.0) for k in range(5)]
    exps = [math.exp(s) for s in scores]
    return [round(e / sum(exps), 12) for e in exps]


labels = [(i * 7) % 4 for i in range(60)]
rows = [row(i, label) for i, label in enumerate(labels)]
predicted = [max(range(5), key=lambda k: p[k]) for p in rows]
every = list(range(5))
precision, recall, f1, support = metrics.precision_recall_fscore_support(labels, predicted, labels=every, zero_division=0)
result = {
    "classes": CLASSES,
    "labels": labels,
    "probabilities": rows,
    "confusion": metrics.confusion_matrix(labels, predicted, labels=every).tolist(),
    "precision": precision.tolist(),
    "recall": recall.tolist(),
    "f1": f1.tolist(),
    "support": support.tolist(),
    "accuracy": metrics.accuracy_score(labels, predicted),
    "topK": {str(k): metrics.top_k_accuracy_score(labels, rows, k=k, labels=every) for k in (1, 2, 3, 4)},
    "logLoss": metrics.log_loss(labels, rows, labels=every),
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics.json"), "w") as file:
    file.write("{\n" + ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in result.items()) + "\n}\n")
