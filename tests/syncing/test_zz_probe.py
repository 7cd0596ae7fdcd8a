
import json, os
from tests.sync.histories import machine, exchange
_e=machine.explain
def ex(oracle, events, stage):
    r=_e(oracle, events, stage)
    if r is None:
        with open("/tmp/unexplained.txt","w") as f:
            for i,e in enumerate(events):
                if isinstance(e, exchange.Told): f.write(f"{i} OFFICE {getattr(e,'note','')}\n"); continue
                a=dict(e.answer); a.pop('cursor',None); b=dict(e.body); b.pop('cursor',None); b.pop('epoch',None)
                f.write(f"{i} {e.hand.user} {e.hand.device[:4]} {e.verb} {json.dumps(b.get('changes'),ensure_ascii=False)} -> {json.dumps(a,ensure_ascii=False)}\n")
            f.write(str(oracle.houses)+"\n")
    return r
machine.explain=ex
from tests.syncing.test_histories import *
