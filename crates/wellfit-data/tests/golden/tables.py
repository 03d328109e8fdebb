"""Makes the Parquet and CSV files of tests/parquet.rs with pandas and pyarrow.

    python tables.py
"""

import datetime
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

N = 12
i = np.arange(N)
frame = pd.DataFrame(
    {
        "int8": (i - 3).astype(np.int8),
        "int64": i.astype(np.int64) * 10_000_000_000,
        "uint32": (4_294_967_295 - i).astype(np.uint32),
        "float32": (i / 4).astype(np.float32),
        "float64": np.where(i % 5 == 2, np.nan, i / 3),
        "gaps": pd.array([None if k % 3 == 0 else k for k in i], dtype="Int64"),
        "flag": i % 2 == 0,
        "town": pd.Categorical([["Ulm", "Köln", None][k % 3] for k in i]),
        "text": [["NA", "b", "c"][k % 3] for k in i],
        "date": [datetime.date(2024, 5, 1) + datetime.timedelta(days=int(k)) for k in i],
        "stamp": pd.date_range("2024-05-01T10:20:30", periods=N, freq="h"),
        "y": [["no", "yes"][k % 2] for k in i],
    }
)
table = pa.Table.from_pandas(frame, preserve_index=False)
table = table.append_column(
    "price", pa.array([decimal.Decimal(int(k)) / 100 - 1 for k in i], pa.decimal128(7, 2))
)
table = table.append_column("half", pa.array((i / 8).astype(np.float16)))
table = table.append_column("list", pa.array([[int(k), 1] for k in i]))
for name in ["none", "snappy", "gzip", "lz4", "zstd"]:
    pq.write_table(table, f"{name}.parquet", compression=name, row_group_size=5)
# What pandas itself writes, with names of rows.
frame.drop(columns=["date"]).set_axis([f"r{k}" for k in i]).to_parquet("named.parquet")
# The same as text.
frame.to_csv("table.csv", index=False)
