"""Answers as the providers' documentation describes them, with the values that a test gives."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

_HOUR = timedelta(hours=1)


def entsoe(*series: str, created: str = "2026-10-24T11:00:00Z") -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<Publication_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3">\n'
        "<mRID>6f1c</mRID><revisionNumber>1</revisionNumber><type>A44</type>\n"
        '<sender_MarketParticipant.mRID codingScheme="A01">10X1001A1001A450</sender_MarketParticipant.mRID>\n'
        f"<createdDateTime>{created}</createdDateTime>\n" + "".join(series) + "</Publication_MarketDocument>"
    )


def entsoe_series(
    start: str, end: str, points: Mapping[int, float], resolution: str = "PT60M", curve: str = "A03", *,
    auction: int | None = 1, currency: str = "EUR", unit: str = "MWH",
) -> str:  # fmt: skip
    numbered = "" if auction is None else (
        f"<classificationSequence_AttributeInstanceComponent.position>{auction}"
        "</classificationSequence_AttributeInstanceComponent.position>"
    )  # fmt: skip
    rows = "".join(
        f"<Point><position>{number}</position><price.amount>{price}</price.amount></Point>"
        for number, price in points.items()
    )
    return (
        "<TimeSeries><mRID>1</mRID><auction.type>A01</auction.type><businessType>A62</businessType>"
        '<in_Domain.mRID codingScheme="A01">10Y1001A1001A82H</in_Domain.mRID>'
        f"<currency_Unit.name>{currency}</currency_Unit.name><price_Measure_Unit.name>{unit}</price_Measure_Unit.name>"
        f"{numbered}<curveType>{curve}</curveType>"
        f"<Period><timeInterval><start>{start}</start><end>{end}</end></timeInterval>"
        f"<resolution>{resolution}</resolution>{rows}</Period></TimeSeries>\n"
    )


def entsoe_acknowledgement(code: str, text: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Acknowledgement_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0">'
        f"<mRID>1</mRID><Reason><code>{code}</code><text>{text}</text></Reason></Acknowledgement_MarketDocument>"
    )


_OASIS = (
    "INTERVALSTARTTIME_GMT,INTERVALENDTIME_GMT,OPR_DT,OPR_HR,OPR_INTERVAL,NODE_ID_XML,NODE_ID,NODE,MARKET_RUN_ID,LMP_TYPE,"
    "XML_DATA_ITEM,PNODE_RESMRID,GRP_TYPE,POS,MW,GROUP"
)


def caiso(start: datetime, prices: Sequence[float], trading_day: str, node: str = "TH_SP15_GEN-APND") -> bytes:
    """The components of each price come first, as OASIS orders them by type."""
    lines = [_OASIS]
    for kind, item, share in (("MCE", "LMP_ENE_PRC", 0.9), ("LMP", "LMP_PRC", 1.0)):
        for hour, price in enumerate(prices):
            begins = start + hour * _HOUR
            stamps = ",".join(f"{one:%Y-%m-%dT%H:%M:%S}-00:00" for one in (begins, begins + _HOUR))
            lines.append(
                f"{stamps},{trading_day},{hour + 1},0,{node},{node},{node},DAM,{kind},{item},{node},ALL,1,{share * price},1"
            )
    return zipped("20261101_20261102_PRC_LMP_DAM_20261101_10_00_00_v12.csv", "\n".join(lines) + "\n")


def caiso_refusal(code: str, text: str) -> bytes:
    return zipped(
        "INVALID_REQUEST.xml",
        '<?xml version="1.0" encoding="UTF-8"?><m:OASISReport xmlns:m="http://www.caiso.com/soa/OASISReport_v1.xsd">'
        "<m:MessagePayload><m:RTO><m:name>CAISO</m:name>"
        f"<m:ERROR><m:ERR_CODE>{code}</m:ERR_CODE><m:ERR_DESC>{text}</m:ERR_DESC></m:ERROR>"
        "</m:RTO></m:MessagePayload></m:OASISReport>",
    )


def zipped(name: str, content: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def electricity_maps(
    start: datetime, values: Sequence[float | None], key: str, zone: str = "DE", factors: str = "lifecycle"
) -> str:
    rows: list[dict[str, object]] = []
    for hour, value in enumerate(values):
        row: dict[str, object] = {
            "carbonIntensity": value,
            "datetime": f"{start + hour * _HOUR:%Y-%m-%dT%H:%M:%S}.000Z",
        }
        if key == "history":
            row |= {"zone": zone, "emissionFactorType": factors, "isEstimated": False, "estimationMethod": None}
        rows.append(row)
    return json.dumps({"zone": zone, key: rows, "updatedAt": f"{start:%Y-%m-%dT%H:%M:%S}.000Z"})


def watttime(
    start: datetime, values: Sequence[float], region: str = "CAISO_NORTH", units: str = "lbs_co2_per_mwh"
) -> str:
    rows = [
        {"point_time": (start + number * timedelta(minutes=5)).isoformat(), "value": value}
        for number, value in enumerate(values)
    ]
    meta = {
        "data_point_period_seconds": 300,
        "region": region,
        "warnings": [],
        "signal_type": "co2_moer",
        "model": {"date": "2023-03-01"},
        "units": units,
        "generated_at_period_seconds": 300,
        "generated_at": start.isoformat(),
    }
    return json.dumps({"data": rows, "meta": meta})


def open_meteo(start: datetime, degc: Sequence[float | None], percent: Sequence[float | None], unit: str = "°C") -> str:
    return json.dumps(
        {
            "latitude": 52.52,
            "longitude": 13.419998,
            "generationtime_ms": 0.05,
            "utc_offset_seconds": 0,
            "timezone": "GMT",
            "timezone_abbreviation": "GMT",
            "elevation": 38.0,
            "hourly_units": {"time": "unixtime", "temperature_2m": unit, "relative_humidity_2m": "%"},
            "hourly": {
                "time": [int((start + hour * _HOUR).timestamp()) for hour in range(len(degc))],
                "temperature_2m": list(degc),
                "relative_humidity_2m": list(percent),
            },
        }
    )
