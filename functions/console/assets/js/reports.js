// Reports: a day that is chosen by hand takes the place of the period.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-report-day]")) return;
  const form = event.target.form;
  for (const day of form.querySelectorAll("[data-report-day]")) day.name = day.id;
  form.querySelector('[name="period"]')?.remove();
});
