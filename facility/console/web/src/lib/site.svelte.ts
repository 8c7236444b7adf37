/** The site as its file describes it, asked for once and again when its revision changes. */

import { get } from "./api";
import type { HallPlan, TopologyAnswer, Unit } from "./api_types";

class SiteStore {
  topology: TopologyAnswer | undefined = $state.raw();

  async load(): Promise<void> {
    this.topology = await get<TopologyAnswer>("/topology");
    document.title = this.topology.name;
  }

  get zone(): string {
    return this.topology?.time_zone ?? "UTC";
  }

  get currency(): string {
    return this.topology?.currency ?? "";
  }

  /** Return the unit of a quantity as the API gives it. */
  unitOf(quantity: string): string {
    return this.topology?.quantities[quantity]?.unit ?? "";
  }

  hallOf(rack: string): HallPlan | undefined {
    return this.topology?.halls.find((hall) => hall.racks.some((each) => each.id === rack));
  }

  /** Return every piece of equipment. */
  units(): Unit[] {
    const found = this.topology;
    if (!found) return [];
    const { electrical } = found;
    return [
      { id: electrical.main_meter, name: electrical.main_meter, kind: "Building_Electrical_Meter" },
      electrical.transformer,
      electrical.ups,
      ...electrical.distribution,
      ...electrical.beside,
      ...found.plants.flatMap((plant) => [
        { id: plant.id, name: plant.name, kind: "Chilled_Water_System" },
        ...plant.chillers,
        ...plant.rejection,
        ...plant.condenser_water_pumps,
        ...plant.chilled_water_pumps,
        ...[plant.economizer, plant.tank].filter((each) => each !== null),
      ]),
      ...found.loops.flatMap((loop) => [{ id: loop.id, name: loop.name, kind: "Liquid_Loop" }, ...loop.units]),
      ...found.halls.flatMap((hall) => [
        { id: hall.id, name: hall.name, kind: "Data_Hall" },
        ...hall.units,
        ...hall.racks.map((rack) => ({ id: rack.id, name: rack.name, kind: "ICT_Rack" })),
      ]),
      ...found.work,
      ...found.heat,
      { id: found.weather_station, name: found.weather_station, kind: "Weather_Station" },
    ];
  }
}

export const site = new SiteStore();
